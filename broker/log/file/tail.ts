import type { LogRecord } from "../log.ts";

/** What a record takes beside its texts. */
const OVERHEAD = 100;

const sizeOf = ({ key, value }: LogRecord): number => OVERHEAD + key.length + (value?.length ?? 0);

/** The latest records of all topics, bounded in bytes, so that those who keep up never read from the disk. */
export class Tail {
  readonly #limit: number;
  #records: LogRecord[] = [];
  #head = 0;
  #bytes = 0;
  #floor: number;

  /** @param next the offset of the first record that will be pushed */
  constructor(limit: number, next: number) {
    this.#limit = limit;
    this.#floor = next;
  }

  /** Every record at or past this offset is here. */
  get floor(): number {
    return this.#floor;
  }

  push(record: LogRecord): void {
    this.#records.push(record);
    this.#bytes += sizeOf(record);
    while (this.#bytes > this.#limit) this.#drop();
  }

  /** At most `max` records of a topic at or past `from`. */
  slice(topic: string, from: number, max: number): LogRecord[] {
    const records: LogRecord[] = [];
    for (let at = this.#search(from); at < this.#records.length && records.length < max; at++) {
      const record = this.#records[at]!;
      if (record.topic === topic) records.push(record);
    }
    return records;
  }

  /** Index of the first record at or past `offset`. */
  #search(offset: number): number {
    let low = this.#head;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(): void {
    const record = this.#records[this.#head]!;
    this.#bytes -= sizeOf(record);
    this.#floor = record.offset + 1;
    this.#records[this.#head] = undefined as unknown as LogRecord;
    this.#head += 1;
    if (this.#head < 1024 || this.#head * 2 < this.#records.length) return;
    this.#records = this.#records.slice(this.#head);
    this.#head = 0;
  }
}
