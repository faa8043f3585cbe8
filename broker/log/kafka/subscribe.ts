import { fault, isFault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { type Deferred, deferred } from "../deferred.ts";
import type { Handler, SubscribeOptions } from "../log.ts";
import { type Fetched, type RunningSubscription, startSubscription } from "../subscription.ts";
import { Feed } from "./feed.ts";
import { Leaders } from "./leaders.ts";
import { Member } from "./member.ts";
import type { Times } from "./membership.ts";
import { Nodes } from "./nodes.ts";
import { boundsOf, range } from "./offsets.ts";
import { persist } from "./persist.ts";
import type { Connection } from "./settings.ts";
import type { Trouble, WarnOf } from "./trouble.ts";
import { fetchFrom } from "./wire.ts";

export interface SubscribeParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly trouble: Trouble;
  readonly times: Times;
  readonly warn: WarnOf;
  /** How many partitions the topic has, once it is there. */
  partitions(topic: string): Promise<number>;
  /** Nothing that is appended to the topic from now on is there before the returned function is called. */
  hold(topic: string): () => void;
  ended(): void;
}

export interface KafkaSubscription {
  readonly topic: string;
  readonly group: string | undefined;
  readonly feed: Feed;
  readonly running: RunningSubscription;
}

const NOTHING: Fetched = { records: [], next: 0, idle: true };
const LIMITS = { bytes: 16 * 1024 * 1024, partitionBytes: 1024 * 1024 } as const;

/** The name of the group at the broker: one for each topic, so that partitions of one topic move by themselves. */
export const groupId = (group: string, topic: string): string => `${group}.${topic}`;

/**
 * Reads a topic with connections of its own. With a group: those partitions that fall to this member, from where the group
 * has committed. Without: all of them, and no broker knows of it.
 */
export const subscribeKafka = (
  parts: SubscribeParts,
  { topic, group, from = "start", maxBatch = 500, lost }: SubscribeOptions,
  handler: Handler,
): KafkaSubscription => {
  const { trouble, clock } = parts;
  const nodes = new Nodes(parts.connection);
  const leaders = new Leaders(nodes);
  const place = { nodes, leaders };
  const closing = new AbortController();
  const reading = { trouble, doing: "read", topic, signal: closing.signal } as const;
  // What comes after this moment is new, also where the broker is asked later what its end is.
  const release = from === "end" ? parts.hold(topic) : undefined;
  let inHand: Deferred<void> | undefined;

  const feed: Feed = new Feed({
    topic,
    ahead: Math.max(500, 2 * maxBatch),
    leader: (partition) => leaders.leader(topic, partition),
    fetch: (node, asked, wait) => fetchFrom(nodes, node, asked, { ...LIMITS, wait }),
    start: async (partition) => (await boundsOf(place, topic, [partition], "start")).get(partition)!,
    stale: () => leaders.stale(),
    met: (error) => trouble.met("read", error, feed),
    over: () => trouble.over("read", feed),
    gone: (partition, at, to) => parts.warn(fault("log-kafka-gone", { topic, partition, from: at, to })),
    wake: () => running.wake(),
  });

  let starts: Promise<ReadonlyMap<number, number>> | undefined;
  /** Where a partition begins of which nothing was committed: as it was when the subscription began. */
  const beginnings = async (count: number): Promise<ReadonlyMap<number, number>> => {
    const all = range(count);
    if (typeof from === "number") return new Map(all.map((partition) => [partition, from]));
    starts ??= persist(reading, () => boundsOf(place, topic, all, from));
    return starts;
  };
  const ends = (partitions: readonly number[]) => persist(reading, () => boundsOf(place, topic, partitions, "end"));

  const begin = async (partitions: readonly number[], at: (partition: number) => number): Promise<void> => {
    const targets = await ends(partitions);
    feed.assign(
      new Map(partitions.map((partition) => [partition, { from: at(partition), target: targets.get(partition)! }])),
    );
  };

  let held: readonly number[] = [];
  /** From now on these alone are read here. */
  const lose = (kept: readonly number[]): void => {
    const gone = held.filter((partition) => !kept.includes(partition));
    held = kept;
    if (gone.length > 0) lost?.(gone);
  };

  const member =
    group === undefined
      ? undefined
      : new Member({
          nodes,
          name: { group: groupId(group, topic), topic },
          times: parts.times,
          clock,
          trouble,
          partitions: () => parts.partitions(topic),
          async assigned(partitions, committed) {
            lose(partitions);
            const first = await beginnings(await parts.partitions(topic));
            await begin(partitions, (partition) => committed.get(partition) ?? first.get(partition)!);
          },
          async revoking() {
            feed.isHeld = true;
            await inHand?.promise;
          },
          lost() {
            feed.lose();
            lose([]);
          },
          heard: () => running.wake(),
          failed: (error) => feed.fail(error),
        });

  const start = async (): Promise<void> => {
    const count = await parts.partitions(topic);
    const first = await beginnings(count);
    release?.();
    if (member !== undefined) member.start();
    else await begin(range(count), (partition) => first.get(partition)!);
  };

  const running: RunningSubscription = startSubscription({
    source: {
      fetch(_, max) {
        if (member?.isCurrent === false) return NOTHING;
        const step = feed.take(max);
        if (step.records.length > 0) inHand = deferred<void>();
        return step;
      },
      async release() {
        closing.abort();
        feed.close();
        await member?.close();
        await nodes.close();
        release?.();
      },
    },
    from: 0,
    target: 1,
    maxBatch,
    async handler(records, subscription) {
      try {
        await handler(records, subscription);
      } catch (e) {
        // The partition went to another member, who does this work again: nothing is wrong here.
        if (!isFault(e, "log-partition-lost") || e.details.topic !== topic) throw e;
      } finally {
        inHand?.resolve();
        inHand = undefined;
      }
    },
    async commit(partition, offset) {
      for (const number of [partition, offset])
        if (!Number.isSafeInteger(number) || number < 0)
          throw fault("log-position-invalid", { topic, what: `Partition ${partition}, offset ${offset}` });
      await member?.commit(partition, offset);
    },
    ended: () => parts.ended(),
  });
  start().catch((e) => {
    release?.();
    if (!closing.signal.aborted) feed.fail(e);
  });
  return { topic, group, feed, running };
};
