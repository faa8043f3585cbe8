import { fault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { admit } from "../admit.ts";
import type { Handler, Log, LogRecord, NewRecord, Position, SubscribeOptions, Subscription } from "../log.ts";
import { beginning, checkOffset, checkPosition, groupKey } from "../positions.ts";
import { type RunningSubscription, type Source, startSubscription } from "../subscription.ts";
import { TopicBuffer } from "./topic-buffer.ts";

export interface MemoryLogOptions {
  readonly clock: Pick<Clock, "now">;
  /**
   * At most so many records per topic: the oldest go when there are more, and a subscriber that has not come to them goes
   * on with the oldest that is kept. A topic that is not named keeps all.
   */
  readonly keep?: Readonly<Record<string, number>>;
  /** Topics that hold a record only until every subscriber there is has handled it. */
  readonly untilRead?: readonly string[];
}

const READ_BATCH = 500;

/** A Log in memory. "Durable" means: as long as the process lives. One partition per topic, dense offsets. */
export const memoryLog = ({ clock, keep = {}, untilRead = [] }: MemoryLogOptions): Log => {
  const topics = new Map<string, TopicBuffer>();
  const groups = new Map<string, number>();
  const subscriptions = new Map<RunningSubscription, string>();
  let lastTime = 0;
  let closing: Promise<void> | undefined;
  let closed = false;

  const topicOf = (name: string): TopicBuffer => {
    let topic = topics.get(name);
    if (topic === undefined) {
      topic = new TopicBuffer(Object.hasOwn(keep, name) ? keep[name]! : Number.POSITIVE_INFINITY);
      topics.set(name, topic);
    }
    return topic;
  };

  const mustBeOpen = (): void => {
    if (closed) throw fault("log-closed", {});
  };

  const wake = (touched: ReadonlySet<string>): void => {
    for (const [subscription, topic] of subscriptions) if (touched.has(topic)) subscription.wake();
  };

  const readers = new Map<TopicBuffer, Map<object, number>>();
  /** A reader asks for what follows `from`, so it has handled what lies below. */
  const forget = (topic: TopicBuffer, reader: object, from: number): void => {
    const positions = readers.get(topic) ?? new Map<object, number>();
    readers.set(topic, positions.set(reader, from));
    topic.dropBelow(Math.min(...positions.values()));
  };

  const sourceOf = (name: string, topic: TopicBuffer, reader: object): Source => ({
    fetch(from, max) {
      if (untilRead.includes(name)) forget(topic, reader, from);
      const records = topic.slice(from, max);
      const next = records.length > 0 ? records.at(-1)!.offset + 1 : Math.max(from, topic.end);
      return { records, next, idle: records.length === 0 };
    },
  });

  async function* readBatches(topic: TopicBuffer, from: number, end: number): AsyncGenerator<readonly LogRecord[]> {
    for (let next = from; next < end; ) {
      mustBeOpen();
      const records = topic.slice(next, READ_BATCH, end);
      if (records.length === 0) return;
      next = records.at(-1)!.offset + 1;
      yield records;
    }
  }

  const close = async (): Promise<void> => {
    await Promise.all([...subscriptions.keys()].map((subscription) => subscription.close()));
    closed = true;
  };

  return {
    async append(records: readonly NewRecord[]): Promise<readonly Position[]> {
      mustBeOpen();
      admit(records);
      lastTime = Math.max(lastTime, clock.now());
      const touched = new Set<string>();
      const positions = records.map((record) => {
        const { topic, partition, offset, time } = topicOf(record.topic).push(record, lastTime);
        touched.add(topic);
        return { topic, partition, offset, time };
      });
      wake(touched);
      return positions;
    },

    read(topic, { from = 0 } = {}) {
      mustBeOpen();
      const buffer = topicOf(topic);
      return readBatches(buffer, from, buffer.end);
    },

    subscribe({ topic, group, from = "start", maxBatch = 500 }: SubscribeOptions, handler: Handler): Subscription {
      if (closing !== undefined) throw fault("log-closed", {});
      const buffer = topicOf(topic);
      const committed = group === undefined ? undefined : groups.get(groupKey(group, topic, 0));
      const reader = {};
      const subscription = startSubscription({
        source: sourceOf(topic, buffer, reader),
        from: committed ?? beginning(from, buffer.end),
        target: buffer.end,
        maxBatch,
        handler,
        async commit(partition, offset) {
          checkPosition(topic, partition, offset);
          if (group !== undefined) groups.set(groupKey(group, topic, partition), offset);
        },
        ended: () => {
          subscriptions.delete(subscription);
          readers.get(buffer)?.delete(reader);
        },
      });
      subscriptions.set(subscription, topic);
      return subscription;
    },

    async end(topic) {
      mustBeOpen();
      return topics.get(topic)?.end ?? 0;
    },

    async trim(topic, before) {
      mustBeOpen();
      checkOffset(topic, before);
      topics.get(topic)?.dropBelow(before);
    },

    close() {
      closing ??= close();
      return closing;
    },
  };
};
