import { expect, it } from "vitest";
import { fault } from "#sdk/errors.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Log, LogRecord } from "../log/log.ts";
import { memoryLog } from "../log/memory/memory-log.ts";
import { RecordReader } from "./reader.ts";
import { type DeadLetter, deadLetterRecord, readLetter } from "./record.ts";

const logger = { error: () => undefined };
const record = (dataText: string | null, type: string = TYPES.verdict) =>
  recordOf({ topic: "verdicts", key: ["c", "i", "k"], type, id: "1", source: "/t", dataText });

async function stored(log: Log, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const records of log.read(topic)) found.push(...records);
  return found;
}
const letters = async (log: Log) => (await stored(log, "dead-letters")).map((one) => readLetter(one)!);

async function reading(...records: ReturnType<typeof record>[]) {
  const log = memoryLog({ clock: Date });
  await log.append(records);
  const reader = new RecordReader({ log, logger, by: "ledger" });
  const flaw = (value: unknown) => ((value as { ok?: boolean }).ok ? undefined : "ok must be true");
  const read = (await stored(log, "verdicts")).map((one) => reader.read(one, TYPES.verdict, flaw));
  await reader.settled;
  return { log, reader, read };
}

it("gives what can be read; sets aside the rest, each as it was and with its cause", async () => {
  const bad = [record("{"), record('{"ok":false}'), record('{"ok":true}', "dev.roundsman.case.verdict.v2")];
  const { log, read } = await reading(record('{"ok":true}'), ...bad);
  expect(read).toEqual([{ ok: true }, undefined, undefined, undefined]);
  const found = await letters(log);
  expect(found.map((one) => one.cause.code)).toEqual(["json-invalid", "record-invalid", "record-newer"]);
  expect(found.map((one) => one.record)).toEqual(bad);
  expect(found.map(({ by, tries, offset }) => [by, tries, offset])).toEqual([
    ["ledger", 1, 1],
    ["ledger", 1, 2],
    ["ledger", 1, 3],
  ]);
});

it("leaves alone what is another's: another type, a tombstone", async () => {
  const { log, read } = await reading(record("{", TYPES.mark), record(null));
  expect([read, await letters(log)]).toEqual([[undefined, undefined], []]);
});

it("sets aside once what is read again after a start; what two sinks refuse is two", async () => {
  const { log } = await reading(record("{"));
  const [one] = await stored(log, "verdicts");
  const again = new RecordReader({ log, logger, by: "ledger" });
  again.read(one!, TYPES.verdict);
  for (const subscription of ["a", "b", "a"])
    again.setAside(one!, fault("sink-refused", { url: "u", status: 400 }), { subscription });
  await again.settled;
  expect((await letters(log)).map(({ subscription }) => subscription)).toEqual([undefined, "a", "b"]);
});

it("waits for a log that takes nothing, and loses nothing", async () => {
  const log = memoryLog({ clock: Date });
  await log.append([record("{")]);
  const [one] = await stored(log, "verdicts");
  let refusals = 2;
  const full: Log = {
    ...log,
    read: (...of) => log.read(...of),
    append: async (records) => {
      if (refusals-- > 0) throw fault("log-disk-full", { dir: "d" });
      return log.append(records);
    },
  };
  const reader = new RecordReader({ log: full, logger, by: "ledger" });
  reader.read(one!, TYPES.verdict);
  await reader.settled;
  expect([refusals, (await letters(log)).length]).toEqual([-1, 1]);
});

it("has room for a value of the largest size, quotes and all", () => {
  const value = JSON.stringify('"'.repeat(1 << 20));
  const letter: DeadLetter = {
    ...{ record: record(value), partition: 0, offset: 7 },
    ...{ cause: { code: "x", message: "y".repeat(10_000) }, tries: 5, by: "dispatcher" },
  };
  const made = deadLetterRecord(letter);
  expect(made.value).toBe(value);
  expect(Buffer.byteLength(JSON.stringify(made.headers))).toBeLessThan(8_192);
  expect(readLetter(made)!.record).toEqual(letter.record);
});
