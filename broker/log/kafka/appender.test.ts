import { describe, expect, it } from "vitest";
import type { NewRecord } from "../log.ts";
import { Appender } from "./appender.ts";
import type { Entry, Lane } from "./lane.ts";
import type { Producer } from "./producer.ts";

/** An appender whose records nobody takes before the test says so. */
const waitingAppender = (most: number) => {
  const held: Entry[] = [];
  const producer = { push: (_: Lane, entry: Entry) => void held.push(entry) } as unknown as Producer;
  let mark = 0;
  const appender = new Appender({
    producer,
    most,
    specOf: () => ({ key: ["key"], days: 1 }),
    partitions: async () => 1,
    limits: { batchBytes: 1e6, batchRecords: 1e4 },
    entryBytes: 1e6,
    mark: () => `w.${mark++}`,
  });
  return { appender, held };
};

const records = (count: number, bytes: number): NewRecord[] =>
  Array.from({ length: count }, () => ({ topic: "t", key: "[]", headers: {}, value: "x".repeat(bytes) }));

describe("what waits for Kafka", () => {
  it("is bounded: what is more is refused whole, worth a retry, and taken once there is room", async () => {
    const { appender, held } = waitingAppender(100_000);
    const first = appender.append(records(9, 10_000));
    expect(appender.waiting.records).toBe(9);
    expect(appender.waiting.bytes).toBeGreaterThanOrEqual(90_000);
    expect(() => appender.append(records(1, 10_000))).toThrow(
      expect.objectContaining({ code: "log-kafka-full", retry: true }),
    );
    expect(appender.waiting.records).toBe(9);
    await Promise.resolve();
    expect(held.flatMap((entry) => entry.records)).toHaveLength(9);
    held[0]!.done(0, 1);
    expect(await first).toHaveLength(9);
    expect(appender.waiting).toEqual({ records: 0, bytes: 0 });
    void appender.append(records(1, 10_000));
    expect(appender.waiting.records).toBe(1);
  });

  it("takes one append, however large, where nothing waits", () => {
    const { appender } = waitingAppender(1_000);
    void appender.append(records(3, 10_000));
    expect(appender.waiting.records).toBe(3);
  });

  it("gives back the room of what failed", async () => {
    const { appender, held } = waitingAppender(100_000);
    const append = appender.append(records(5, 10_000));
    await Promise.resolve();
    held[0]!.failed(new Error("never"));
    await expect(append).rejects.toThrow("never");
    expect(appender.waiting).toEqual({ records: 0, bytes: 0 });
  });
});
