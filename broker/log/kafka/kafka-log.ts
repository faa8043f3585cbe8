/**
 * A Log on Apache Kafka. Connections, TLS, SASL and requests are kafkajs's; what it sends again, batches, joins and reads by
 * itself is not used, because that is where it reorders, doubles and stalls (nodes.ts is the one way to it).
 *
 *   append      topic-queue.ts → lane.ts (one partition, one unacknowledged batch) → producer.ts (one request a node)
 *   subscribe   subscribe.ts: feed.ts reads ahead, member.ts belongs to a group; the handler loop is every driver's
 *   read        read.ts: up to the end as it was
 *   topics      ensure-topics.ts: made and checked at the start, after broker/topics.ts
 *
 * **What `append` promises here.** acks=all: it resolves when every replica in sync holds the records. Those of one append
 * that go to one partition (`partition.ts`) are one batch, up to 8 MiB: all of them are there, in this order, or none. Over
 * several partitions or topics, and beyond 8 MiB, each batch stands for itself: a process that ends in between may leave some
 * and not others, and a reader may see one before the other. So what must stand or fall together belongs in one record, or
 * under one partition; and who writes to several topics writes last what says that it is done. An append that Kafka does not
 * take for now is not refused: it waits, `trouble` says so, and later ones of its partition wait behind it. It rejects only
 * where Kafka will never take it, when every part of it has its outcome; and, with nothing of it taken, where so much waits
 * already that memory would run out (`log-kafka-full`, worth a retry): what was taken is never given up while the process runs.
 *
 * A batch whose fate was unknown is sent again as it was; where it was stored twice, readers here leave the second out
 * (doubles.ts). Offsets rise per partition, with gaps. Times are the broker's: they do not fall unless a broker's clock does.
 */
import { fault, type RoundsmanError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { TopicSpec } from "../../topics.ts";
import { TOPICS } from "../../topics.ts";
import type { Log } from "../log.ts";
import { checkOffset } from "../positions.ts";
import { Appender, type Waiting } from "./appender.ts";
import { marker } from "./doubles.ts";
import { ensureTopics, weaknessOf } from "./ensure-topics.ts";
import { Leaders } from "./leaders.ts";
import { Nodes } from "./nodes.ts";
import { boundsOf, range } from "./offsets.ts";
import { persist } from "./persist.ts";
import { Producer } from "./producer.ts";
import { mustBeOpen, readKafka } from "./read.ts";
import type { Connection } from "./settings.ts";
import { type KafkaSubscription, subscribeKafka } from "./subscribe.ts";
import { ENTRY_BYTES } from "./topic-config.ts";
import { trimTo } from "./trim.ts";
import { Trouble, type WarnOf } from "./trouble.ts";
import { produce } from "./wire.ts";

export interface KafkaLogOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  /** Default: those of broker/topics.ts. */
  readonly topics?: Readonly<Record<string, TopicSpec>>;
  /** Topics that are not among them are made like this when they are first used. Default: they are refused. */
  readonly others?: TopicSpec;
  /** How many partitions a topic has, where that is not as its spec says. */
  readonly partitions?: Readonly<Record<string, number>>;
  /** Of each partition. Default: three where Kafka has three brokers. */
  readonly replicas?: number;
  /** What may wait in memory for Kafka to take it, in bytes: beyond it appends are refused. Default 128 MiB. */
  readonly waitingBytes?: number;
  /** How long an append waits for others to share a request with, in ms. Default 5. */
  readonly linger?: number;
  /** Whether batches are packed with gzip. Default true. */
  readonly pack?: boolean;
  /** A member of a group that is silent for so long is taken for dead, in ms. Default 10 s. */
  readonly sessionTimeout?: number;
  /** How long members may take to finish their work when partitions move, in ms. Default 60 s. */
  readonly rebalanceTimeout?: number;
  /** Hears of trouble that lasts, and of records that were no longer there. Default: a warning of the process. */
  readonly warn?: WarnOf;
}

export interface Lag {
  readonly topic: string;
  readonly group: string | undefined;
  readonly partition: number;
  /** Records that are there and were not handed out. */
  readonly lag: number;
}

export interface KafkaLog extends Log {
  /** Kafka was reached and its topics are as they must be. Rejects with `log-kafka-topic` or `log-kafka-refused`, as does all else then. */
  readonly ready: Promise<void>;
  /** What is the matter at present, where it has lasted. */
  readonly trouble: RoundsmanError | undefined;
  /** What was appended and is not acknowledged yet. */
  readonly waiting: Waiting;
  /** How far each subscription is behind, by partition. */
  lag(): readonly Lag[];
  /** What an acknowledged record of the topic could be lost by, and what to do about it; undefined where one broker may go. */
  weakness(topic: string): Promise<string | undefined>;
}

/** A close does not wait longer for a broker that does not answer. ms */
const PARTING = 10_000;
const WAITING_BYTES = 128 * 1024 * 1024;
const PRODUCE_TIMEOUT = 10_000;
const BATCH = { batchBytes: 1024 * 1024, batchRecords: 20_000 } as const;

const emitWarning: WarnOf = ({ message }) => process.emitWarning(message, "LogWarning");

export const kafkaLog = (options: KafkaLogOptions): KafkaLog => {
  const { connection, clock, others, partitions = {}, warn = emitWarning } = options;
  const topics: Readonly<Record<string, TopicSpec>> = options.topics ?? TOPICS;
  const nodes = new Nodes(connection);
  const leaders = new Leaders(nodes);
  const trouble = new Trouble({ clock, warn, brokers: connection.brokers.join(", ") });
  const closing = new AbortController();
  const subscriptions = new Set<KafkaSubscription>();
  const counts = new Map<string, Promise<number>>();
  let parting: Promise<void> | undefined;

  const specOf = (topic: string): TopicSpec => {
    const spec = Object.hasOwn(topics, topic) ? topics[topic] : others;
    if (spec === undefined) throw fault("log-topic-unknown", { topic });
    return spec;
  };

  const ensure = (all: ReadonlyMap<string, TopicSpec>): Promise<void> =>
    persist({ trouble, doing: "start", topic: "its topics", signal: closing.signal }, () =>
      ensureTopics({ nodes, topics: all, partitions, replicas: options.replicas }),
    );

  const ready = ensure(new Map(Object.entries(topics)));
  // Whoever does something learns of it too.
  ready.catch(() => undefined);

  const count = async (topic: string): Promise<number> => {
    await ready;
    if (!Object.hasOwn(topics, topic)) await ensure(new Map([[topic, specOf(topic)]]));
    return persist({ trouble, doing: "start", topic, signal: closing.signal }, async () => {
      const found = await leaders.partitions(topic);
      if (found !== undefined) return found;
      leaders.stale();
      throw new Error(`topic ${topic} is not there`);
    });
  };

  const partitionsOf = (topic: string): Promise<number> => {
    specOf(topic);
    let known = counts.get(topic);
    if (known === undefined) {
      known = count(topic);
      counts.set(topic, known);
      known.catch(() => counts.delete(topic));
    }
    return known;
  };

  const producer = new Producer({
    clock,
    leaders,
    trouble,
    linger: options.linger ?? 5,
    pack: options.pack ?? true,
    send: (node, parts) => produce(nodes, node, parts, PRODUCE_TIMEOUT),
  });
  const appender = new Appender({
    producer,
    specOf,
    partitions: partitionsOf,
    limits: BATCH,
    entryBytes: ENTRY_BYTES,
    mark: marker(),
    most: options.waitingBytes ?? WAITING_BYTES,
  });

  const close = async (): Promise<void> => {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), PARTING);
    appender.hurry(giveUp.signal);
    await Promise.all([...subscriptions].map(({ running }) => running.close()));
    await appender.close();
    clearTimeout(timer);
    closing.abort();
    await nodes.close();
  };

  return {
    ready,
    get trouble() {
      return trouble.now;
    },
    get waiting() {
      return appender.waiting;
    },
    async append(records) {
      mustBeOpen(closing.signal);
      return appender.append(records);
    },
    read(topic, { from = 0 } = {}) {
      mustBeOpen(closing.signal);
      specOf(topic);
      return readKafka({ nodes, leaders, trouble, signal: closing.signal, partitions: partitionsOf }, topic, from);
    },
    subscribe(wanted, handler) {
      if (parting !== undefined) throw fault("log-closed", {});
      specOf(wanted.topic);
      const subscription: KafkaSubscription = subscribeKafka(
        {
          connection,
          clock,
          trouble,
          warn,
          times: { session: options.sessionTimeout ?? 10_000, rebalance: options.rebalanceTimeout ?? 60_000 },
          partitions: partitionsOf,
          hold: (topic) => appender.hold(topic),
          ended: () => subscriptions.delete(subscription),
        },
        wanted,
        handler,
      );
      subscriptions.add(subscription);
      return subscription.running;
    },
    async end(topic) {
      mustBeOpen(closing.signal);
      const all = range(await partitionsOf(topic));
      const bounds = await persist({ trouble, doing: "read", topic, signal: closing.signal }, () =>
        boundsOf({ nodes, leaders }, topic, all, "end"),
      );
      return Math.min(...bounds.values());
    },
    async trim(topic, before) {
      mustBeOpen(closing.signal);
      checkOffset(topic, before);
      if (specOf(topic).days === undefined) throw fault("log-kafka-compacted", { topic });
      const all = range(await partitionsOf(topic));
      await persist({ trouble, doing: "trim", topic, signal: closing.signal }, () =>
        trimTo({ nodes, leaders }, topic, all, before),
      );
    },
    weakness(topic) {
      mustBeOpen(closing.signal);
      const spec = specOf(topic);
      return persist({ trouble, doing: "start", topic, signal: closing.signal }, async () => {
        await partitionsOf(topic);
        return weaknessOf(nodes, topic, spec);
      });
    },
    lag() {
      return [...subscriptions].flatMap(({ topic, group, feed }) =>
        [...feed.lags()].map(({ partition, lag }) => ({ topic, group, partition, lag })),
      );
    },
    close() {
      parting ??= close();
      return parting;
    },
  };
};
