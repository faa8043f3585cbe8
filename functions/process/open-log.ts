import { readFile } from "node:fs/promises";
import { openFileLog } from "#broker/log/file/file-log.ts";
import { kafkaLog, type Lag } from "#broker/log/kafka/kafka-log.ts";
import { kafkaConnection } from "#broker/log/kafka/settings.ts";
import type { Log } from "#broker/log/log.ts";
import { fault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { CommonSettings } from "./settings.ts";

/** The log of a process, and what it says of itself. */
export interface OpenLog {
  readonly log: Log;
  /** It was reached, and its topics are as they must be. Rejects where they are not. */
  readonly ready: Promise<void>;
  /** What is the matter at present, where that has lasted. */
  trouble(): string | undefined;
  lag(): readonly Lag[];
  /** Of what was appended and is not durable yet, in bytes. */
  waiting(): number;
  /** What an acknowledged record of the topic could be lost by, and what to do about it. */
  weakness(topic: string): Promise<string | undefined>;
}

export interface OpenLogOptions {
  readonly settings: CommonSettings;
  readonly clientId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Kafka as settings name it, or a folder. @throws config-invalid */
export async function openLog({ settings, clientId, clock, logger }: OpenLogOptions): Promise<OpenLog> {
  const { kafkaBrokers, data } = settings;
  if ((kafkaBrokers === undefined) === (data === undefined))
    throw fault("config-invalid", {
      where: "The settings",
      key: "--kafka-brokers",
      what: data === undefined ? "is missing: it says where the log is" : "cannot stand beside --data",
    });
  if (data !== undefined) {
    const log = await openFileLog({ dir: data, clock, warn: (warning) => logger.warn(warning) });
    return {
      log,
      ready: Promise.resolve(),
      trouble: () => undefined,
      lag: () => [],
      waiting: () => 0,
      weakness: async () => undefined,
    };
  }
  const connection = await kafkaConnection(kafkaOf(settings, clientId), {
    where: "The settings of Kafka",
    readFile: (path) => readFile(path, "utf8"),
  });
  const log = kafkaLog({ connection, clock, warn: ({ message, code }) => logger.warn({ code }, message) });
  return {
    log,
    ready: log.ready,
    trouble: () => log.trouble?.message,
    lag: () => log.lag(),
    waiting: () => log.waiting.bytes,
    weakness: (topic) => log.weakness(topic),
  };
}

/** `kafkaTlsCa` is `tlsCa` to the driver. */
function kafkaOf(settings: CommonSettings, clientId: string): Record<string, unknown> {
  const own = Object.entries(settings).flatMap(([key, value]) => {
    const name = /^kafka([A-Z])(.*)$/.exec(key);
    return name === null ? [] : [[name[1]!.toLowerCase() + name[2]!, value]];
  });
  return { clientId, ...Object.fromEntries(own) };
}
