import type { Log, LogRecord, NewRecord } from "../log.ts";
import type { FaultyDisk } from "./faulty-disk.ts";
import { type FileLog, type FileLogOptions, openFileLog } from "./file-log.ts";
import type { Judgement } from "./process-identity.ts";
import type { LogWarning } from "./warning.ts";

/** What the tests of this folder share: a log on a faulty disk, and short ways to fill and read it. */
export const DIR = "/log";

export interface Opened {
  readonly log: FileLog;
  readonly warnings: LogWarning[];
}

export interface OpenOptions extends Partial<FileLogOptions> {
  /** What is found out about a process that left its lock behind. Default dead. */
  readonly before?: Judgement;
}

export const openOn = async (disk: FaultyDisk, { before = "dead", ...options }: OpenOptions = {}): Promise<Opened> => {
  const warnings: LogWarning[] = [];
  const log = await openFileLog(
    {
      dir: DIR,
      clock: { now: () => 1000 },
      commitDelay: 0,
      warn: (warning) => void warnings.push(warning),
      ...options,
    },
    { disk, processes: { own: async () => ({ pid: 1, started: "1" }), judge: async () => before } },
  );
  return { log, warnings };
};

export const record = (topic: string, value: string | null, key = '["k"]'): NewRecord => ({
  topic,
  key,
  headers: {},
  value,
});

export const readAll = async (log: Log, topic: string, from = 0): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic, { from })) records.push(...batch);
  return records;
};

export const valuesOf = async (log: Log, topic: string, from = 0): Promise<(string | null)[]> =>
  (await readAll(log, topic, from)).map(({ value }) => value);

export const segmentsOf = (disk: FaultyDisk): string[] => disk.paths().filter((path) => path.endsWith(".segment"));
