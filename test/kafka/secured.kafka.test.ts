import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { KafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { type KafkaSettings, kafkaConnection } from "#broker/log/kafka/settings.ts";
import { collect, eventually, readAll, record, topicOf } from "#test/contract/log-tools.ts";
import { Load, missing } from "./support/load.ts";
import { openLog } from "./support/logs.ts";
import { REAUTHENTICATE, SecuredBroker } from "./support/secured-broker.ts";

let broker: SecuredBroker;
const logs: KafkaLog[] = [];

beforeAll(async () => {
  broker = await SecuredBroker.up();
});
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
});
afterAll(() => broker?.down());

/** As a user's configuration names it. */
const open = async (settings: Omit<KafkaSettings, "brokers">): Promise<KafkaLog> => {
  const brokers = [settings.saslMechanism === undefined ? broker.mutual : broker.sasl];
  const connection = await kafkaConnection(
    { tlsCa: broker.file("authority.pem"), ...settings, brokers },
    { where: "the test", readFile: (path) => readFile(path, "utf8") },
  );
  const log = openLog(brokers, { connection, warn: () => undefined });
  logs.push(log);
  return log;
};

const password = (saslMechanism: "plain" | "scram-sha-512", saslUser = "roundsman", file = "password") =>
  ({ saslMechanism, saslUser, saslPasswordFile: broker.file(file) }) as const;

/** Appends, reads, and goes on where a group has committed. */
const works = async (log: KafkaLog): Promise<void> => {
  const topic = topicOf("secured");
  await log.append([record(topic, "k", "1"), record(topic, "k", "2")]);
  const first = log.subscribe({ topic, group: "g", maxBatch: 1 }, async ([one], self) => {
    if (one!.value === "1") await self.commit(one!.partition, one!.offset + 1);
  });
  await first.caughtUp;
  await first.close();
  const second = collect(log, { topic, group: "g" });
  await second.subscription.caughtUp;
  expect(second.records.map(({ value }) => value)).toEqual(["2"]);
  await second.subscription.close();
  expect((await readAll(log, topic)).map(({ value }) => value)).toEqual(["1", "2"]);
};

describe("a Kafka that wants to know who comes", () => {
  it("lets in with a password, by PLAIN over TLS", async () => {
    await works(await open(password("plain")));
  });

  it("lets in with a certificate", async () => {
    await works(await open({ tlsCert: broker.file("roundsman.pem"), tlsKey: broker.file("roundsman.key") }));
  });

  it("lets in by SCRAM-SHA-512, and again and again while work goes on", async () => {
    const log = await open(password("scram-sha-512"));
    await works(log);
    const topic = topicOf("long");
    const { records, subscription } = collect(log, { topic, group: "g" });
    const load = new Load(log, topic);
    await pause(1.25 * REAUTHENTICATE);
    expect(log.trouble).toBeUndefined();
    const before = load.acknowledged;
    expect(before).toBeGreaterThan(1_000);
    await eventually("work after that", () => load.acknowledged > before + 100);
    const acknowledged = await load.stop();
    await eventually("all to be read", () => records.length >= acknowledged.size);
    expect(missing(acknowledged, records)).toEqual([]);
    await subscription.close();
  });

  it("refuses a wrong password, and an append is told", async () => {
    for (const mechanism of ["plain", "scram-sha-512"] as const) {
      const log = await open(password(mechanism, "roundsman", "wrong"));
      const refused = { code: "log-kafka-refused", message: expect.stringMatching(/authentication failed/i) };
      await expect(log.ready).rejects.toMatchObject(refused);
      await expect(log.append([record(topicOf("t"), "k", "1")])).rejects.toMatchObject(refused);
    }
  });

  it("refuses who has no right to a topic, by the topic's name", async () => {
    const log = await open(password("plain", "nobody"));
    const topic = topicOf("forbidden");
    await expect(log.append([record(topic, "k", "1")])).rejects.toMatchObject({
      code: "log-kafka-refused",
      message: expect.stringMatching(new RegExp(`${topic}: .*authori`, "i")),
    });
  });

  it.each([
    ["a broker whose certificate is of another authority", { tlsCa: "other.pem" }],
    ["a broker that asks for a certificate where there is none", {}],
  ])("is not reached, and it is said why: %s", async (_, { tlsCa }: { tlsCa?: string }) => {
    const log = await open(tlsCa === undefined ? {} : { ...password("plain"), tlsCa: broker.file(tlsCa) });
    await eventually("it to be said", () => log.trouble !== undefined);
    expect(log.trouble).toMatchObject({ code: "log-kafka-unreachable" });
    expect(log.trouble!.message).toMatch(/certificate/i);
  });
});
