import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { KafkaLog, KafkaLogOptions } from "#broker/log/kafka/kafka-log.ts";
import type { LogRecord, Subscription } from "#broker/log/log.ts";
import { eventually, record, topicOf } from "#test/contract/log-tools.ts";
import { disorders, Load, missing } from "./support/load.ts";
import { openLog } from "./support/logs.ts";
import { Program } from "./support/program.ts";
import { sharedBed } from "./support/shared-bed.ts";

const bed = sharedBed();
/** Short, for members that are to be slow or to stand still; others have the usual one, that a busy machine costs them nothing. */
const SESSION = 2_000;
const logs: KafkaLog[] = [];
const open = (options: Partial<KafkaLogOptions> = {}): KafkaLog => {
  const log = openLog(bed.brokers, options);
  logs.push(log);
  return log;
};

afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
});

const twelve = (topic: string, from = 0) =>
  Array.from({ length: 12 }, (_, n) => record(topic, `k${n}`, String(from + n)));

describe("members of a group", () => {
  it("keeps its partitions however long its handler takes", async () => {
    const topic = topicOf("slow");
    const log = open({ sessionTimeout: SESSION });
    await log.append(twelve(topic));
    const seen: (string | null)[] = [];
    let longest = 0;
    const subscription = log.subscribe({ topic, group: "g" }, async (records, self) => {
      const begun = performance.now();
      if (seen.length === 0) await pause(3 * SESSION);
      seen.push(...records.map(({ value }) => value));
      await self.commit(records[0]!.partition, records.at(-1)!.offset + 1);
      longest = Math.max(longest, performance.now() - begun);
    });
    await subscription.caughtUp;
    expect(longest).toBeGreaterThan(2 * SESSION);
    expect(seen).toHaveLength(12);
    expect(new Set(seen).size).toBe(12);
    await subscription.close();
  });

  it("hand over what they read: nothing lost, nothing done twice, in order per key", async () => {
    const topic = topicOf("handed-over");
    const all: LogRecord[] = [];
    const by = new Map<string, number>();
    const lost: string[] = [];
    const member = (name: string): Subscription =>
      open().subscribe({ topic, group: "g", maxBatch: 20, lost: () => void lost.push(name) }, async (records, self) => {
        await pause(5);
        all.push(...records);
        by.set(name, (by.get(name) ?? 0) + records.length);
        await self.commit(records[0]!.partition, records.at(-1)!.offset + 1);
      });
    const load = new Load(open(), topic);
    const handles = (name: string) => {
      const before = by.get(name) ?? 0;
      return eventually(`${name} to do some work`, () => (by.get(name) ?? 0) > before + 100);
    };
    const first = member("first");
    await handles("first");
    const second = member("second");
    await handles("second");
    await handles("first");
    const third = member("third");
    await handles("third");
    expect(lost).toContain("first");
    const before = lost.length;
    // Orderly, one after the other, while work goes on.
    await second.close();
    await handles("third");
    await first.close();
    await handles("third");
    const acknowledged = await load.stop();
    await eventually("all to be done", () => all.length >= acknowledged.size);
    await third.close();
    // Who closes and who gets more loses nothing.
    expect(lost).toHaveLength(before);
    expect(missing(acknowledged, all)).toEqual([]);
    expect(all).toHaveLength(acknowledged.size);
    expect(disorders(all)).toBe(0);
  });

  it("stops at once what was lost: a process that stood still handles nothing that others have by now", async () => {
    const topic = topicOf("stood-still");
    const log = open();
    await log.append(twelve(topic));
    type Word = { lost?: readonly number[]; began?: string; committed?: string; refused?: string; code?: string };
    const frozen = await Program.start<Word>("member", [bed.brokers.join(), topic, "g", String(SESSION), "300"]);
    try {
      await eventually("it to work", () => frozen.words.filter(({ committed }) => committed !== undefined).length >= 2);
      frozen.signal("SIGSTOP");
      await pause(100);
      const before = frozen.words.length;
      const committed = frozen.words.flatMap((word) => word.committed ?? []);
      const begun = frozen.words.flatMap((word) => word.began ?? []);
      const others: string[] = [];
      const subscription = log.subscribe({ topic, group: "g" }, async (records, self) => {
        others.push(...records.map(({ value }) => value!));
        await self.commit(records[0]!.partition, records.at(-1)!.offset + 1);
      });
      await eventually("the rest to be done by another", () => new Set([...committed, ...others]).size === 12);
      expect(frozen.words).toHaveLength(before);
      frozen.signal("SIGCONT");
      // It finds out, and belongs to the group again: both have something to do.
      const done = () => frozen.words.slice(before).flatMap((word) => word.committed ?? []);
      let count = 12;
      for (; done().length === 0 && count < 1_000; count += 12) {
        await log.append(twelve(topic, count));
        await pause(200);
      }
      expect(done()).not.toEqual([]);
      await eventually("all to be done", () => new Set([...committed, ...done(), ...others]).size === count);
      const after = frozen.words.slice(before);
      // What it had in hand is refused, and nothing else of what it had read ahead is begun.
      const refused = after.flatMap((word) => word.refused ?? []);
      expect(refused).toEqual(begun.filter((value) => !committed.includes(value)));
      for (const { code } of after.filter((word) => word.refused)) expect(code).toBe("log-partition-lost");
      // It said so, all of them at once, before it began anything again.
      expect(after.findIndex((word) => word.lost?.length === 3)).toBeGreaterThanOrEqual(0);
      expect(after.findIndex((word) => word.lost)).toBeLessThan(after.findIndex((word) => word.began));
      expect(after.flatMap((word) => word.began ?? []).filter((value) => Number(value) < 12)).toEqual([]);
      expect(new Set(others).size).toBe(others.length);
      await subscription.close();
    } finally {
      await frozen.end();
    }
  });
});
