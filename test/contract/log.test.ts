import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { splitLog } from "#broker/log/split.ts";
import { type LogUnderTest, logContract } from "./log.ts";

const directory = async () => {
  const dir = await mkdtemp(join(tmpdir(), "roundsman-log-"));
  return { dir, dispose: () => rm(dir, { recursive: true }) };
};

const overFiles = async (open: (dir: string) => Promise<Log>): Promise<LogUnderTest> => {
  const { dir, dispose } = await directory();
  return { log: await open(dir), reopen: () => open(dir), dispose };
};

logContract("memory", async () => ({ log: memoryLog({ clock: Date }) }), { reopens: false });

logContract("file", () => overFiles((dir) => openFileLog({ dir, clock: Date })));

// So small that nothing stays in memory and every few records begin a segment: each read crosses files.
logContract("file, in small segments", () =>
  overFiles((dir) => openFileLog({ dir, clock: Date, segmentBytes: 2048, tailBytes: 200 })),
);

logContract("split", () =>
  overFiles(async (dir) =>
    splitLog({ default: await openFileLog({ dir, clock: Date }), topics: { checks: memoryLog({ clock: Date }) } }),
  ),
);
