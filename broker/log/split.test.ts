import { describe, expect, it } from "vitest";
import type { Log, NewRecord } from "./log.ts";
import { memoryLog } from "./memory/memory-log.ts";
import { splitLog } from "./split.ts";

const record = (topic: string, value: string): NewRecord => ({ topic, key: "k", headers: {}, value });

const values = async (log: Log, topic: string): Promise<(string | null)[]> => {
  const found: (string | null)[] = [];
  for await (const batch of log.read(topic)) found.push(...batch.map(({ value }) => value));
  return found;
};

const setUp = () => {
  const rest = memoryLog({ clock: Date });
  const checks = memoryLog({ clock: Date });
  return { rest, checks, log: splitLog({ default: rest, topics: { checks } }) };
};

describe("splitLog", () => {
  it("sends each topic to its log, and answers in the order given", async () => {
    const { rest, checks, log } = setUp();
    await log.append([record("checks", "0")]);
    const positions = await log.append([
      record("a", "1"),
      record("checks", "2"),
      record("a", "3"),
      record("checks", "4"),
    ]);
    expect(positions.map(({ topic, offset }) => [topic, offset])).toEqual([
      ["a", 0],
      ["checks", 1],
      ["a", 1],
      ["checks", 2],
    ]);
    expect([await values(rest, "a"), await values(rest, "checks")]).toEqual([["1", "3"], []]);
    expect([await values(checks, "a"), await values(checks, "checks")]).toEqual([[], ["0", "2", "4"]]);
    expect([await log.end("checks"), await log.end("a")]).toEqual([3, 2]);
    expect(await log.append([])).toEqual([]);
    await log.close();
  });

  it("keeps the order of appends in flight, split or not", async () => {
    const { log } = setUp();
    const appends: Promise<unknown>[] = [];
    for (let n = 0; n < 30; n++) {
      appends.push(
        log.append(n % 2 === 0 ? [record("a", `${n}`), record("checks", `${n}`)] : [record("checks", `${n}`)]),
      );
    }
    await Promise.all(appends);
    expect(await values(log, "checks")).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`));
    await log.close();
  });

  it("rejects when one part fails, and the other may be there", async () => {
    const { rest, checks, log } = setUp();
    await checks.close();
    await expect(log.append([record("a", "1"), record("checks", "2")])).rejects.toMatchObject({ code: "log-closed" });
    expect(await values(rest, "a")).toEqual(["1"]);
    await log.close();
  });

  it("refuses the whole where a part of it is no record", async () => {
    const { rest, log } = setUp();
    await expect(log.append([record("a", "1"), { ...record("checks", "2"), key: 1 as never }])).rejects.toMatchObject({
      code: "log-record-invalid",
    });
    expect(await values(rest, "a")).toEqual([]);
    await log.close();
  });

  it("closes each log once, also one that serves several topics", async () => {
    let closed = 0;
    const inner = memoryLog({ clock: Date });
    const counting: Log = {
      ...inner,
      close: () => {
        closed += 1;
        return inner.close();
      },
    };
    await splitLog({ default: counting, topics: { a: counting, b: counting } }).close();
    expect(closed).toBe(1);
  });
});
