import type { LogRecord } from "../log.ts";
import type { Fetched, Source } from "../subscription.ts";
import type { Journal } from "./journal.ts";
import { readTopic } from "./reader.ts";
import type { Tail } from "./tail.ts";

/**
 * One topic, read forward: from the disk by one who is behind, from memory by one who keeps up. Both go by offset, so that
 * changing over leaves nothing out and repeats nothing.
 */
export class TopicSource implements Source {
  readonly #journal: Journal;
  readonly #tail: Tail;
  readonly #topic: string;
  #reading: AsyncGenerator<LogRecord[]> | undefined;
  /** Where `#reading` ends: what was on the disk when it began. */
  #readingTo = 0;
  #chunk: readonly LogRecord[] = [];
  #chunkAt = 0;

  constructor(journal: Journal, tail: Tail, topic: string) {
    this.#journal = journal;
    this.#tail = tail;
    this.#topic = topic;
  }

  fetch(at: number, max: number): Fetched | Promise<Fetched> {
    const from = Math.max(at, this.#journal.state.starts.get(this.#topic) ?? 0);
    return this.#reading === undefined && from >= this.#tail.floor
      ? this.#fromTail(from, max)
      : this.#fromDisk(from, max);
  }

  async release(): Promise<void> {
    await this.#reading?.return(undefined);
    this.#reading = undefined;
  }

  #fromTail(from: number, max: number): Fetched {
    const records = this.#tail.slice(this.#topic, from, max);
    if (records.length === max) return { records, next: records.at(-1)!.offset + 1, idle: false };
    return { records, next: Math.max(from, this.#journal.state.next), idle: true };
  }

  async #fromDisk(from: number, max: number): Promise<Fetched> {
    if (this.#reading === undefined) {
      this.#readingTo = this.#journal.state.next;
      this.#reading = readTopic(this.#journal, this.#topic, from, this.#readingTo);
    }
    if (this.#chunkAt === this.#chunk.length) {
      const { done, value } = await this.#reading.next();
      this.#chunk = done ? [] : value;
      this.#chunkAt = 0;
      if (done) {
        this.#reading = undefined;
        return { records: [], next: Math.max(from, this.#readingTo), idle: false };
      }
    }
    const records = this.#chunk.slice(this.#chunkAt, this.#chunkAt + max);
    this.#chunkAt += records.length;
    return { records, next: records.at(-1)!.offset + 1, idle: false };
  }
}
