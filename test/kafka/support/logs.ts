import { type KafkaLog, type KafkaLogOptions, kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import type { Connection } from "#broker/log/kafka/settings.ts";
import { systemClock } from "#sdk/runtime/clock.ts";

export const connectionTo = (brokers: readonly string[]): Connection => ({
  brokers,
  clientId: "roundsman-test",
  connectTimeout: 2_000,
  requestTimeout: 10_000,
});

/** Topics of tests are made when they are used: with several partitions, because nothing may count on one. */
export const openLog = (brokers: readonly string[], options: Partial<KafkaLogOptions> = {}): KafkaLog =>
  kafkaLog({
    connection: connectionTo(brokers),
    clock: systemClock,
    topics: {},
    others: { key: ["key"], days: 1, partitions: 3 },
    ...options,
  });
