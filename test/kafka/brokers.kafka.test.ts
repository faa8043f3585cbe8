import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { KafkaLog } from "#broker/log/kafka/kafka-log.ts";
import type { LogRecord } from "#broker/log/log.ts";
import type { RoundsmanError } from "#sdk/errors.ts";
import { collect, eventually, readAll, topicOf } from "#test/contract/log-tools.ts";
import { disorders, Load, missing } from "./support/load.ts";
import { connectionTo, openLog } from "./support/logs.ts";
import { sharedBed } from "./support/shared-bed.ts";
import { stored } from "./support/stored.ts";

const bed = sharedBed();
const logs: KafkaLog[] = [];
const open = (...args: Parameters<typeof openLog> extends [unknown, ...infer R] ? R : never): KafkaLog => {
  const log = openLog(bed.brokers, ...args);
  logs.push(log);
  return log;
};

afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
});

/** How much is acknowledged in that time at least, or the fault came while nothing was going on. */
const LEAST = 500;

describe("brokers that go and come back", () => {
  it("one after the other under load: every acknowledged record is read back, in order per key, doubles left out", async ({
    annotate,
  }) => {
    const topic = topicOf("killed");
    const log = open();
    const reader = open();
    const { records: seen, subscription } = collect(reader, { topic });
    const load = new Load(log, topic);
    await eventually("the load to be on its way", () => load.acknowledged > LEAST);
    for (const [broker, end] of [
      [1, "kill"],
      [2, "stop"],
      [3, "kill"],
    ] as const) {
      await bed[end](broker);
      expect(await bed.runs(broker)).toBe(false);
      const before = load.acknowledged;
      // The two that are left do all the work.
      await eventually("work without it", () => load.acknowledged > before + LEAST);
      await bed.start(broker);
      expect(await bed.runs(broker)).toBe(true);
      const back = load.acknowledged;
      await eventually("work with it", () => load.acknowledged > back + LEAST);
    }
    const acknowledged = await load.stop();
    await eventually("all to be read", () => seen.length >= acknowledged.size);
    await subscription.close();
    const read: LogRecord[] = await readAll(reader, topic);
    const { records, doubles } = await stored(connectionTo(bed.brokers), topic);
    for (const all of [seen, read]) {
      expect(missing(acknowledged, all)).toEqual([]);
      expect(disorders(all)).toBe(0);
      expect(all).toHaveLength(acknowledged.size);
    }
    expect(records - doubles).toBe(acknowledged.size);
    await annotate(`${acknowledged.size} acknowledged, 0 lost; ${doubles} stored twice and left out`);
  });

  it("all of them for 20 s: appends wait, it is said, and nothing is lost", async () => {
    const topic = topicOf("absent");
    const warnings: RoundsmanError[] = [];
    const log = open({ warn: (warning) => void warnings.push(warning) });
    const { records: seen, subscription } = collect(log, { topic });
    const load = new Load(log, topic);
    await eventually("the load to be on its way", () => load.acknowledged > LEAST);
    for (const broker of [1, 2, 3]) await bed.kill(broker);
    for (const broker of [1, 2, 3]) expect(await bed.runs(broker)).toBe(false);
    await pause(500);
    const before = load.acknowledged;
    await pause(20_000);
    expect(load.acknowledged).toBe(before);
    expect(log.trouble).toMatchObject({ code: "log-kafka-unreachable", retry: true });
    expect(warnings.map(({ details }) => details.doing)).toContain("append");
    await bed.startAll();
    await eventually("appends to go on by themselves", () => load.acknowledged > before + LEAST);
    const acknowledged = await load.stop();
    await eventually("all to be read", () => seen.length >= acknowledged.size);
    expect(missing(acknowledged, seen)).toEqual([]);
    expect(disorders(seen)).toBe(0);
    expect(seen).toHaveLength(acknowledged.size);
    expect(log.trouble).toBeUndefined();
    await subscription.close();
  });
});
