/**
 * Log: an ordered, partitioned, durable topic store. Promise: at least once, in order per key, effects idempotent by
 * (source, id). One contract suite (`test/contract/log.ts`) runs against every driver.
 */

export type Headers = Readonly<Record<string, string>>;

export interface NewRecord {
  readonly topic: string;
  /** A JSON array; records of one key keep their order. */
  readonly key: string;
  readonly headers: Headers;
  /** `null` is a tombstone. */
  readonly value: string | null;
}

export interface LogRecord extends NewRecord {
  readonly partition: number;
  /** Rises within (topic, partition); may have gaps. */
  readonly offset: number;
  /** When it was appended: unix ms, never falling within (topic, partition). */
  readonly time: number;
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
}

export interface SubscribeOptions {
  readonly topic: string;
  /** Offsets are committed under this name. Without one nothing is remembered. One subscription at a time per topic and group. */
  readonly group?: string;
  /** Where to begin when the group has committed nothing (or there is no group); a number is an offset. Default `start`. */
  readonly from?: "start" | "end" | number;
  /** At most so many records per call of the handler. Default 500. */
  readonly maxBatch?: number;
  /**
   * Partitions that were read here and are not any more: what is under way of their records is another member's to do, or
   * comes again. Called at once; never where a group has one member.
   */
  readonly lost?: (partitions: readonly number[]) => void;
}

/** Records of one topic and partition, in order, never empty. The next batch comes when the promise has resolved. */
export type Handler = (records: readonly LogRecord[], subscription: Subscription) => void | Promise<void>;

export interface Subscription {
  /** The next record to read is this one. Durable when resolved; a caller need not wait, a lost commit only repeats. */
  commit(partition: number, offset: number): Promise<void>;
  /**
   * Resolves when the handler is done with all that the topic held when the subscription began. Rejects with what
   * `done` rejects with, or with `log-subscription-closed` when it was closed before that.
   */
  readonly caughtUp: Promise<void>;
  /** Resolves after `close`; rejects with what the handler threw, or why reading failed: the subscription has then stopped. */
  readonly done: Promise<void>;
  /** Waits for the handler that is running; no call comes after it. A handler must not wait for it itself. */
  close(): Promise<void>;
}

export interface Log {
  /** All or nothing, in this order. Durable (the driver's promise) before it resolves. Positions are in the order given. */
  append(records: readonly NewRecord[]): Promise<readonly Position[]>;
  /** What the topic holds now, in batches of one partition: of each partition the records at or past `from`. */
  read(topic: string, options?: { readonly from?: number }): AsyncIterable<readonly LogRecord[]>;
  subscribe(options: SubscribeOptions, handler: Handler): Subscription;
  /** The offset that the next record of the topic cannot fall below: one past its last record, 0 where there never was one. */
  end(topic: string): Promise<number>;
  /**
   * Records of the topic below the offset (in each partition) are not needed any more: they are not read from here on, and
   * their room is given back when that is cheap. A reader that stands below goes on with what is left. Durable when it
   * resolves. An offset past the end stands for the end; one below an earlier one changes nothing.
   */
  trim(topic: string, before: number): Promise<void>;
  /** Ends subscriptions (a handler that is running may still append and commit), waits for what was appended. */
  close(): Promise<void>;
}
