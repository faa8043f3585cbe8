/**
 * Checks on Kafka → batches over HTTP → verdicts on Kafka, as a process that is measured. Arguments: `own` or `raw` (kafkajs and
 * undici, written straight down), brokers, the host's URL, how many, checks per batch, requests at once. Prints its CPU (ms),
 * without its start, once all verdicts are acknowledged.
 */
import { Kafka, logLevel } from "kafkajs";
import { request } from "undici";
import { HttpTarget } from "#broker/dispatch/http-target.ts";
import { kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import type { Log } from "#broker/log/log.ts";
import { Dispatcher } from "#functions/dispatcher/dispatcher.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";

const [kind, brokerList, url, countText, batchText, flightsText] = process.argv.slice(2) as string[];
const [brokers, count] = [brokerList!.split(","), Number(countText)];
const [batch, flights] = [Number(batchText), Number(flightsText)];
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** From here on all is counted: one reads ahead, the other does not. */
let begun = 0;
let written = 0;
function wrote(more: number): void {
  written += more;
  if (written >= count) process.stdout.write(`${JSON.stringify({ cpu: cpu() - begun, written })}\n`);
}

async function own(): Promise<void> {
  const connection = { brokers, clientId: "bench-own", connectTimeout: 5_000, requestTimeout: 15_000 };
  const kafka = kafkaLog({ connection, clock: systemClock });
  await kafka.ready;
  const log: Log = {
    ...kafka,
    append: async (records) => {
      const positions = await kafka.append(records);
      wrote(records.length);
      return positions;
    },
  };
  const target = new HttpTarget({ url: url!, connections: flights });
  const routes = [{ cases: ["*/*"], target, flights, eager: 2 }];
  begun = cpu();
  new Dispatcher({ log, routes, clock: systemClock, logger: createLogger("warn"), batch, group: "bench-own" }).start();
}

async function raw(): Promise<void> {
  const kafka = new Kafka({ brokers, clientId: "bench-raw", logLevel: logLevel.ERROR });
  const producer = kafka.producer({ idempotent: false });
  await producer.connect();
  const consumer = kafka.consumer({ groupId: "bench-raw" });
  await consumer.connect();
  await consumer.subscribe({ topic: "checks", fromBeginning: true });
  const bring = async (messages: readonly { key: Buffer | null; value: Buffer | null; headers?: any }[]) => {
    // Nothing of a check is read on the way: it is put into the batch as it is.
    const events = messages.map(
      ({ value, headers }) =>
        `{"specversion":"1.0","id":"${headers.ce_id}","source":"/dispatcher","type":"dev.roundsman.check.due.v1","datacontenttype":"application/json","data":${value}}`,
    );
    const { body } = await request(url!, {
      method: "POST",
      headers: { "content-type": "application/cloudevents-batch+json" },
      body: `[${events.join(",")}]`,
    });
    const verdicts = (await body.json()) as { id: string; type: string; source: string; data: object }[];
    await producer.send({
      topic: "verdicts",
      acks: -1,
      messages: verdicts.map(({ id, type, source, data }, at) => ({
        key: messages[at]!.key,
        value: JSON.stringify(data),
        headers: {
          ce_specversion: "1.0",
          ce_id: id,
          ce_type: type,
          ce_source: source,
          "content-type": "application/json",
        },
      })),
    });
    wrote(verdicts.length);
  };
  begun = cpu();
  await consumer.run({
    partitionsConsumedConcurrently: 12,
    async eachBatch({ batch: { messages }, resolveOffset, heartbeat }) {
      for (let at = 0; at < messages.length; at += batch * 2) {
        const both = [messages.slice(at, at + batch), messages.slice(at + batch, at + batch * 2)];
        await Promise.all(both.filter((some) => some.length > 0).map(bring));
        resolveOffset(messages[Math.min(at + batch * 2, messages.length) - 1]!.offset);
        await heartbeat();
      }
    },
  });
}

await (kind === "own" ? own() : raw());
