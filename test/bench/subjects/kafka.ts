/** Appends records to Kafka or consumes them, by the log or by kafkajs itself; says what each cost this process. */
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { deferred } from "#broker/log/deferred.ts";
import { kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import type { NewRecord } from "#broker/log/log.ts";
import { systemClock } from "#sdk/runtime/clock.ts";

const [, , brokers, topic, work, count] = process.argv as [string, string, string, string, string, string];
const RECORDS = Number(count);
const BATCH = 500;
const AT_ONCE = 4;

/** As a verdict is: some headers, and JSON of about 500 bytes of which much repeats. */
const recordOf = (n: number): NewRecord => ({
  topic,
  key: JSON.stringify(["prod-eu", "workload/crash-loop", `shop/pod-${n % 10_000}`]),
  headers: {
    ce_id: `prod-eu/${n}`,
    ce_source: "/clusters/prod-eu/dispatcher",
    ce_type: "dev.roundsman.case.verdict.v1",
    ce_specversion: "1.0",
    "content-type": "application/json",
  },
  value: JSON.stringify({
    cluster: "prod-eu",
    instance: "workload/crash-loop",
    key: `shop/pod-${n % 10_000}`,
    stamp: { epoch: 7, seq: n },
    outcome: "fail",
    problems: [
      { severity: "high", message: `Container web of pod-${n % 10_000} was restarted ${n % 97} times`, at: n * 7919 },
    ],
    filling: "x".repeat(220),
  }),
});
const isPacked = work.endsWith("-packed");
const records = work.includes("append") ? Array.from({ length: RECORDS }, (_, n) => recordOf(n)) : [];
const log = kafkaLog({
  connection: { brokers: brokers.split(","), clientId: "bench", connectTimeout: 5_000, requestTimeout: 30_000 },
  clock: systemClock,
  pack: isPacked,
  topics: { [topic]: { key: ["cluster", "instance", "key"], days: 1, partitions: 12 } },
});
await log.ready;
const kafka = new Kafka({ brokers: brokers.split(","), clientId: "bench", logLevel: logLevel.NOTHING });

/** So many batches at once, until all are sent. */
async function sendAll(send: (batch: NewRecord[]) => Promise<unknown>): Promise<number> {
  let next = 0;
  const one = async () => {
    while (next < records.length) {
      const from = next;
      next += BATCH;
      await send(records.slice(from, from + BATCH));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return records.length;
}

const texts = (headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** Each makes ready, and returns what is measured: how many records it was about. */
const WORKS: Readonly<Record<string, () => Promise<() => Promise<number>>>> = {
  "own-append": async () => {
    // The first record learns who leads what.
    await log.end(topic);
    return () => sendAll((batch) => log.append(batch));
  },
  "raw-append": async () => {
    const producer = kafka.producer({ idempotent: false, allowAutoTopicCreation: false });
    await producer.connect();
    return () =>
      sendAll((batch) =>
        producer.send({
          topic,
          acks: -1,
          compression: isPacked ? CompressionTypes.GZIP : CompressionTypes.None,
          messages: batch.map(({ key, headers, value }) => ({ key, headers, value })),
        }),
      );
  },
  "own-consume": async () => async () => {
    let seen = 0;
    const all = deferred<void>();
    const subscription = log.subscribe({ topic, group: "bench" }, async (batch, self) => {
      seen += batch.filter(({ headers, key, value }) => headers.ce_id !== "" && key !== "" && value !== "").length;
      void self.commit(batch[0]!.partition, batch.at(-1)!.offset + 1);
      if (seen >= RECORDS) all.resolve();
    });
    await all.promise;
    await subscription.close();
    return seen;
  },
  "raw-consume": async () => {
    const consumer = kafka.consumer({ groupId: "bench-raw" });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    return async () => {
      let seen = 0;
      const all = deferred<void>();
      await consumer.run({
        eachBatch: async ({ batch }) => {
          for (const { key, value, headers } of batch.messages) {
            const record = { key: String(key), value: String(value), headers: texts(headers ?? {}) };
            if (record.headers.ce_id !== "" && record.key !== "" && record.value !== "") seen += 1;
          }
          if (seen >= RECORDS) all.resolve();
        },
      });
      await all.promise;
      await consumer.disconnect();
      return seen;
    };
  },
};

const measured = await WORKS[work.replace("-packed", "")]!();
const begun = performance.now();
const before = process.cpuUsage();
const done = await measured();
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - begun) / 1_000;
process.stdout.write(`${JSON.stringify({ records: done, cpu: (user + system) / done, rate: done / seconds })}\n`);
process.exit(0);
