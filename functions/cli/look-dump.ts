import { fault } from "#sdk/errors.ts";
import { parseTime } from "#sdk/event/time.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import { type Dump, readDump } from "./dump.ts";
import type { Looking } from "./scan.ts";

export interface DumpOptions {
  readonly file: readonly string[];
  readonly now?: string;
  readonly cluster?: string;
}

export interface DumpInput {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly clock: { now(): number };
  readonly instancesFor: (cluster: string) => readonly Instance[];
  readonly say: (message: string) => void;
}

/** @throws dump-unreadable, config-invalid */
export async function fromDump({ file, now, cluster = "dump" }: DumpOptions, input: DumpInput): Promise<Looking> {
  const { stdin, clock, instancesFor, say } = input;
  const given = now === undefined ? undefined : parseTime(now);
  if (now !== undefined && given === undefined)
    throw fault("config-invalid", {
      where: "The command line",
      key: "--now",
      what: `is "${now}"; write a time such as 2026-01-31T12:00:00Z`,
    });
  const snapshot = await readDump(file, () => readAll(stdin));
  return {
    cluster,
    instances: instancesFor(cluster),
    snapshot,
    now: given ?? timeOf(snapshot, clock, say),
    skipped: [],
    errors: snapshot.unusable,
  };
}

function timeOf({ time }: Dump, clock: DumpInput["clock"], say: DumpInput["say"]): number {
  const now = time ?? clock.now();
  const what = time === undefined ? "now" : "the file's time";
  say(`taken as of ${new Date(now).toISOString()}, ${what}; give --now if it was dumped at another moment`);
  return now;
}

async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
