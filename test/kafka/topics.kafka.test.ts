import { afterEach, describe, expect, it } from "vitest";
import type { KafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { collect, eventually, readAll, record, topicOf } from "#test/contract/log-tools.ts";
import { openLog } from "./support/logs.ts";
import { sharedBed } from "./support/shared-bed.ts";

const bed = sharedBed();
const logs: KafkaLog[] = [];
const open = (...[options]: Parameters<typeof openLog> extends [unknown, ...infer R] ? R : never): KafkaLog => {
  const log = openLog(bed.brokers, options);
  logs.push(log);
  return log;
};

afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
});

describe("topics", () => {
  it("are made for three brokers: an acknowledged record outlives any one of them, and its time is the broker's", async () => {
    const log = open();
    const topic = topicOf("made");
    const [position] = await log.append([record(topic, "k", "1")]);
    expect(Math.abs(position!.time - Date.now())).toBeLessThan(60_000);
    expect(await log.weakness(topic)).toBeUndefined();
  });

  it("that are not as they must be are named by their fields, and stop the start", async () => {
    const topic = topicOf("otherwise");
    await bed.tool(
      "org.apache.kafka.tools.TopicCommand",
      ...["--bootstrap-server", bed.brokers[0]!, "--create", "--topic", topic],
      ...["--partitions", "2", "--replication-factor", "1", "--config", "min.insync.replicas=1"],
    );
    const log = open({ topics: { [topic]: { key: ["key"], days: 1, partitions: 3 } } });
    const refused = await log.ready.catch((e: Error & { code?: string }) => e);
    expect(refused).toMatchObject({ code: "log-kafka-topic" });
    for (const field of ["partitions is 2", "replication.factor is 1", "min.insync.replicas is 1", "LogAppendTime"])
      expect((refused as Error).message).toContain(field);
    await expect(log.append([record(topic, "k", "1")])).rejects.toMatchObject({ code: "log-kafka-topic" });
  });

  it("that are compacted are not trimmed, and it is said what to do instead", async () => {
    const topic = topicOf("compacted");
    const log = open({ topics: { [topic]: { key: ["key"] } } });
    await log.append([record(topic, "k", "1"), record(topic, "k", "2")]);
    await expect(log.trim(topic, 1)).rejects.toMatchObject({
      code: "log-kafka-compacted",
      message: expect.stringContaining("append a tombstone"),
    });
    expect((await readAll(log, topic)).map(({ value }) => value)).toEqual(["1", "2"]);
  });

  it("into which others write packed with something else than gzip are read up to there, and then it is said", async () => {
    const topic = topicOf("foreign");
    const log = open({ others: { key: ["key"], days: 1 } });
    await log.append([record(topic, "k", "ours")]);
    const produce = (codec: string, value: string) =>
      bed.tool(
        "org.apache.kafka.tools.ProducerPerformance",
        ...["--topic", topic, "--num-records", "1", "--throughput", "-1", "--record-size", String(value.length)],
        ...["--producer-props", `bootstrap.servers=${bed.brokers[0]}`, `compression.type=${codec}`],
      );
    await produce("gzip", "x".repeat(2_000));
    await produce("zstd", "x".repeat(2_000));
    const { records, subscription } = collect(log, { topic });
    await expect(subscription.done).rejects.toMatchObject({
      code: "log-kafka-unreadable",
      details: { topic, partition: 0, what: "the compression zstd", offset: 2, next: 3 },
    });
    expect(records).toHaveLength(2);
    expect(records[0]!.value).toBe("ours");
    expect(records[1]!.value).toHaveLength(2_000);
    // As the sentence says; with what the driver has for it.
    await log.trim(topic, 3);
    await log.append([record(topic, "k", "later")]);
    const again = collect(log, { topic });
    await eventually("what comes after it", () => again.records.length > 0);
    expect(again.records.map(({ value }) => value)).toEqual(["later"]);
    await again.subscription.close();
  });
});
