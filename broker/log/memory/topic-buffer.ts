import type { LogRecord, NewRecord } from "../log.ts";

/** The records of one topic, the oldest dropped beyond `keep`. Offsets are dense and never go back. */
export class TopicBuffer {
  #records: LogRecord[] = [];
  /** Index in `#records` of the oldest that is kept. */
  #head = 0;
  #end = 0;
  readonly #keep: number;

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** One past the last record. */
  get end(): number {
    return this.#end;
  }

  /** The oldest that is kept; `end` when there is none. */
  get start(): number {
    return this.#end - (this.#records.length - this.#head);
  }

  push(record: NewRecord, time: number): LogRecord {
    const { topic, key, headers, value } = record;
    const kept = { topic, key, headers: { ...headers }, value, partition: 0, offset: this.#end, time };
    this.#end += 1;
    this.#records.push(kept);
    if (this.#records.length - this.#head > this.#keep) this.#drop();
    return kept;
  }

  /** At most `max` records at or past `from`, and below `to`. */
  slice(from: number, max: number, to = this.#end): LogRecord[] {
    const start = this.start;
    const first = this.#head + Math.max(0, from - start);
    return this.#records.slice(first, Math.min(first + max, this.#head + Math.max(0, to - start)));
  }

  /** Forgets what lies below the offset. */
  dropBelow(offset: number): void {
    while (this.start < Math.min(offset, this.#end)) this.#drop();
  }

  /** Forgets the oldest; the array is compacted now and then, so that a drop costs no more than a push. */
  #drop(): void {
    this.#records[this.#head] = undefined as unknown as LogRecord;
    this.#head += 1;
    if (this.#head < this.#records.length && (this.#head < 1024 || this.#head * 2 < this.#records.length)) return;
    this.#records = this.#records.slice(this.#head);
    this.#head = 0;
  }
}
