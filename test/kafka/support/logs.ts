import { type KafkaLog, type KafkaLogOptions, kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { systemClock } from "#sdk/runtime/clock.ts";

/** Topics of tests are made when they are used: with several partitions, because nothing may count on one. */
export const openLog = (brokers: readonly string[], options: Partial<KafkaLogOptions> = {}): KafkaLog =>
  kafkaLog({
    connection: { brokers, clientId: "roundsman-test", connectTimeout: 2_000, requestTimeout: 10_000 },
    clock: systemClock,
    topics: {},
    others: { key: ["key"], days: 1, partitions: 3 },
    ...options,
  });
