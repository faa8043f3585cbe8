import type { NewRecord } from "../log.ts";
import { encodeBatch, type Outgoing } from "./record-batch.ts";

/** The records of one append that go to one partition: they are there together or not at all, where they fit one batch. */
export interface Entry {
  readonly records: readonly Outgoing[];
  readonly bytes: number;
  /** They are durable, one after the other from `base`. */
  done(base: number, time: number): void;
  failed(error: unknown): void;
}

export interface LaneLimits {
  /** A batch takes no further entry beyond so many bytes. */
  readonly batchBytes: number;
  readonly batchRecords: number;
}

interface Sending {
  readonly entries: readonly Entry[];
  readonly batch: Buffer;
  readonly time: number;
}

/** A bound from above that costs little: headers of Kafka's record, its mark, and three bytes a character. */
export const boundOf = ({ key, headers, value }: NewRecord): number => {
  let bytes = 96 + key.length * 3 + (value === null ? 0 : Buffer.byteLength(value));
  for (const name of Object.keys(headers)) bytes += (name.length + headers[name]!.length) * 3 + 8;
  return bytes;
};

/** One partition's queue: one unacknowledged batch at a time, sent again as it was until its fate is known. */
export class Lane {
  readonly topic: string;
  readonly partition: number;
  readonly #limits: LaneLimits;
  readonly #waiting: Entry[] = [];
  #sending: Sending | undefined;
  /** A broker that takes less than we think gets less at a time. */
  #most = Number.POSITIVE_INFINITY;
  /** A request with the batch is on its way. */
  isAway = false;
  /** Not to be tried before; monotonic ms. */
  notBefore = 0;
  /** Tries of the batch that did not succeed. */
  failures = 0;

  constructor(topic: string, partition: number, limits: LaneLimits) {
    this.topic = topic;
    this.partition = partition;
    this.#limits = limits;
  }

  get isIdle(): boolean {
    return this.#sending === undefined && this.#waiting.length === 0;
  }

  /** Of the batch that is being sent. */
  get batchBytes(): number {
    return this.#sending?.batch.length ?? 0;
  }

  push(entry: Entry): void {
    this.#waiting.push(entry);
  }

  /** What is to be sent: what was sent and not acknowledged, else as many entries as a batch takes. */
  batch(time: number, pack: boolean): Buffer {
    this.#sending ??= this.#next(time, pack);
    return this.#sending.batch;
  }

  #next(time: number, pack: boolean): Sending {
    const entries: Entry[] = [];
    let bytes = 0;
    let records = 0;
    for (const entry of this.#waiting) {
      const isFull =
        bytes + entry.bytes > this.#limits.batchBytes || records + entry.records.length > this.#limits.batchRecords;
      if (entries.length > 0 && (isFull || entries.length >= this.#most)) break;
      entries.push(entry);
      bytes += entry.bytes;
      records += entry.records.length;
    }
    this.#waiting.splice(0, entries.length);
    return {
      entries,
      time,
      batch: encodeBatch(
        entries.flatMap((entry) => entry.records),
        { time, pack },
      ),
    };
  }

  /** The batch is durable from `base` on. `time` below 0: the topic keeps the writer's. */
  acknowledged(base: number, time: number): void {
    let at = base;
    const sent = this.#take();
    if (sent === undefined) return;
    for (const entry of sent.entries) {
      entry.done(at, time < 0 ? sent.time : time);
      at += entry.records.length;
    }
    this.#most *= 2;
  }

  /** It will never be taken: what was sent, or all that waits where nothing was. */
  refused(error: unknown): void {
    for (const entry of this.#take()?.entries ?? this.#waiting.splice(0)) entry.failed(error);
  }

  /** It was too large: goes again in halves. Returns false where it cannot be halved. */
  halve(): boolean {
    const entries = this.#sending?.entries ?? [];
    if (entries.length <= 1) return false;
    this.#most = Math.ceil(entries.length / 2);
    this.#waiting.unshift(...entries);
    this.#sending = undefined;
    return true;
  }

  /** Nothing more is sent: all that waits fails. */
  abandon(error: unknown): void {
    for (const entry of [...(this.#sending?.entries ?? []), ...this.#waiting.splice(0)]) entry.failed(error);
    this.#sending = undefined;
  }

  /** Undefined where it was given up meanwhile. */
  #take(): Sending | undefined {
    const sending = this.#sending;
    this.#sending = undefined;
    this.failures = 0;
    this.notBefore = 0;
    return sending;
  }
}
