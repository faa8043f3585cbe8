import { fault } from "#sdk/errors.ts";
import type { Handler, LogRecord, SubscribeOptions, Subscription } from "../log.ts";
import { beginning, checkPosition, groupKey } from "../positions.ts";
import { type RunningSubscription, startSubscription } from "../subscription.ts";
import type { Journal } from "./journal.ts";
import { Tail } from "./tail.ts";
import { TopicSource } from "./topic-source.ts";

const READ_BATCH = 500;

/** Where groups' offsets go. */
export interface Commits {
  commit(key: string, offset: number): Promise<void>;
  flush(): void;
}

/** Hands records on: to subscribers as they become durable, and to those who read. */
export class Delivery {
  readonly #journal: Journal;
  readonly #tail: Tail;
  readonly #subscriptions = new Map<RunningSubscription, string>();
  #state: "open" | "closing" | "closed" = "open";

  constructor(journal: Journal, tailBytes: number) {
    this.#journal = journal;
    this.#tail = new Tail(tailBytes, journal.state.next);
  }

  /** A record that is on the disk now. In order. */
  push(record: LogRecord): void {
    this.#tail.push(record);
  }

  /** All that was pushed since the last time is in these topics. */
  wake(topics: ReadonlySet<string>): void {
    for (const [subscription, topic] of this.#subscriptions) {
      if (topics.has(topic)) subscription.wake();
      else subscription.pass(this.#journal.state.next);
    }
  }

  end(topic: string): number {
    this.#mustBeOpen();
    return this.#journal.state.ends.get(topic) ?? 0;
  }

  read(topic: string, from: number): AsyncIterable<readonly LogRecord[]> {
    return this.#batches(topic, from, this.end(topic));
  }

  subscribe(
    { topic, group, from = "start", maxBatch = 500 }: SubscribeOptions,
    handler: Handler,
    commits: Commits,
  ): Subscription {
    if (this.#state !== "open") throw fault("log-closed", {});
    const { ends, groups } = this.#journal.state;
    const end = ends.get(topic) ?? 0;
    const committed = group === undefined ? undefined : groups.get(groupKey(group, topic, 0));
    const subscription = startSubscription({
      source: new TopicSource(this.#journal, this.#tail, topic),
      from: committed ?? beginning(from, end),
      target: end,
      maxBatch,
      handler,
      async commit(partition, offset) {
        checkPosition(topic, partition, offset);
        if (group !== undefined) await commits.commit(groupKey(group, topic, partition), offset);
      },
      flush: () => commits.flush(),
      ended: () => void this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.set(subscription, topic);
    return subscription;
  }

  /** Takes no subscription any more and ends those that run. */
  async endSubscriptions(): Promise<void> {
    this.#state = "closing";
    await Promise.all([...this.#subscriptions.keys()].map((subscription) => subscription.close()));
  }

  close(): void {
    this.#state = "closed";
  }

  #mustBeOpen(): void {
    if (this.#state === "closed") throw fault("log-closed", {});
  }

  async *#batches(topic: string, from: number, to: number): AsyncGenerator<readonly LogRecord[]> {
    const source = new TopicSource(this.#journal, this.#tail, topic);
    try {
      for (let next = from; next < to; ) {
        this.#mustBeOpen();
        const fetched = await source.fetch(next, READ_BATCH);
        const records = fetched.next <= to ? fetched.records : fetched.records.filter(({ offset }) => offset < to);
        if (records.length > 0) yield records;
        next = fetched.next;
      }
    } finally {
      await source.release();
    }
  }
}
