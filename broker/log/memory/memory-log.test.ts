import { describe, expect, it } from "vitest";
import type { Log, LogRecord } from "../log.ts";
import { memoryLog } from "./memory-log.ts";

const record = (topic: string, value: string) => ({ topic, key: "k", headers: {}, value });

const readAll = async (log: Log, topic: string, from = 0): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic, { from })) records.push(...batch);
  return records;
};

describe("memoryLog", () => {
  it("keeps the latest of a topic that has a bound, and all of the others; offsets never go back", async () => {
    const log = memoryLog({ clock: Date, keep: { checks: 3, none: 0 } });
    for (let n = 0; n < 5000; n++)
      await log.append([record("checks", `c${n}`), record("other", `o${n}`), record("none", "x")]);
    expect((await readAll(log, "checks")).map(({ offset, value }) => [offset, value])).toEqual([
      [4997, "c4997"],
      [4998, "c4998"],
      [4999, "c4999"],
    ]);
    expect(await readAll(log, "other")).toHaveLength(5000);
    expect(await readAll(log, "none")).toEqual([]);
    expect([await log.end("checks"), await log.end("none")]).toEqual([5000, 5000]);
    expect((await log.append([record("none", "y")]))[0]!.offset).toBe(5000);
    expect((await readAll(log, "checks", 4998)).map(({ offset }) => offset)).toEqual([4998, 4999]);
    await log.close();
  });

  it("lets a subscriber that was left behind go on with the oldest that is kept", async () => {
    const log = memoryLog({ clock: Date, keep: { t: 4 } });
    const seen: (string | null)[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await log.append([record("t", "0")]);
    log.subscribe({ topic: "t", maxBatch: 1 }, async (records) => {
      seen.push(...records.map(({ value }) => value));
      await held;
    });
    while (seen.length === 0) await new Promise(setImmediate);
    for (let n = 1; n < 20; n++) await log.append([record("t", String(n))]);
    release();
    while (seen.length < 5) await new Promise(setImmediate);
    expect(seen).toEqual(["0", "16", "17", "18", "19"]);
    await log.close();
  });

  it("holds a record of some topics only until it is handled, by all who read there", async () => {
    const log = memoryLog({ clock: Date, untilRead: ["checks"] });
    await log.append([record("checks", "before"), record("other", "before")]);
    expect(await readAll(log, "checks")).toHaveLength(1);
    const seen: [string, string | null][] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const quick = log.subscribe(
      { topic: "checks" },
      (records) => void seen.push(...records.map((r) => ["quick", r.value] as [string, string | null])),
    );
    const slow = log.subscribe({ topic: "checks" }, async (records) => {
      seen.push(...records.map((r) => ["slow", r.value] as [string, string | null]));
      await held;
    });
    await quick.caughtUp;
    expect(await readAll(log, "checks")).toHaveLength(1);
    release();
    await slow.caughtUp;
    while ((await readAll(log, "checks")).length > 0) await new Promise(setImmediate);
    await log.append([record("checks", "after")]);
    while (seen.length < 4) await new Promise(setImmediate);
    expect(seen.sort()).toEqual([
      ["quick", "after"],
      ["quick", "before"],
      ["slow", "after"],
      ["slow", "before"],
    ]);
    expect(await log.end("checks")).toBe(2);
    expect(await readAll(log, "other")).toHaveLength(1);
    await log.close();
  });

  it("never lets time fall", async () => {
    let now = 50;
    const log = memoryLog({ clock: { now: () => now } });
    const times: number[] = [];
    for (now of [50, 70, 20, 71]) times.push((await log.append([record("t", "x")]))[0]!.time);
    expect(times).toEqual([50, 70, 70, 71]);
    await log.close();
  });

  it("does not hold up the process while a quick handler works off a long backlog", async () => {
    const log = memoryLog({ clock: Date });
    for (let n = 0; n < 100; n++) await log.append(Array.from({ length: 100 }, () => record("t", "x")));
    let turns = 0;
    let running = true;
    const others = (async () => {
      for (; running; turns++) await new Promise(setImmediate);
    })();
    const subscription = log.subscribe({ topic: "t", maxBatch: 10 }, () => undefined);
    await subscription.caughtUp;
    running = false;
    await others;
    expect(turns).toBeGreaterThan(50);
    await log.close();
  });
});
