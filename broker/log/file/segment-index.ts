import { parseJson } from "#sdk/event/json.ts";
import type { Checksum } from "./frame.ts";
import type { TopicSpan } from "./record-codec.ts";

/** A topic in a segment: its offsets, how many records and bytes of them, and between which bytes of the file they lie. */
export interface TopicRange {
  first: number;
  last: number;
  records: number;
  bytes: number;
  from: number;
  to: number;
}

/** How far apart the places are that the index knows. */
const STRIDE = 128 * 1024;
const MAGIC = "RNDSMNIX";
/** One of version 1 told no bytes of topics. */
const VERSION = 2;
const HEAD = 20;

interface Stored {
  readonly end: number;
  readonly next: number;
  readonly generation: number;
  readonly topics: readonly (readonly [string, TopicRange])[];
  readonly offsets: readonly number[];
  readonly positions: readonly number[];
}

/** Which topics a segment holds and where. Kept in memory; in a file once the segment is closed. */
export class SegmentIndex {
  readonly topics = new Map<string, TopicRange>();
  /** Offsets of some frames, rising, and the positions of the same. */
  #offsets: number[] = [];
  #positions: number[] = [];
  /** Where the segment's valid bytes end. */
  end: number;
  /** The offset after its last record. */
  next: number;
  /** Which writing of the segment it is of. */
  readonly generation: number;

  constructor(end: number, next: number, generation = 0) {
    this.end = end;
    this.next = next;
    this.generation = generation;
  }

  /** Takes in the frame that follows. */
  add(position: number, length: number, offset: number, records: number, spans: readonly TopicSpan[]): void {
    const to = position + length;
    for (const { topic, first, last, count, bytes } of spans) {
      const range = this.topics.get(topic);
      if (range === undefined) {
        const [from, records] = [position, count];
        this.topics.set(topic, { first: offset + first, last: offset + last, records, bytes, from, to });
      } else {
        range.last = offset + last;
        range.records += count;
        range.bytes += bytes;
        range.to = to;
      }
    }
    if (position - (this.#positions.at(-1) ?? Number.NEGATIVE_INFINITY) >= STRIDE) {
      this.#offsets.push(offset);
      this.#positions.push(position);
    }
    this.end = to;
    this.next = offset + records;
  }

  /** A place at or before the record with this offset, where a frame begins. `undefined` when nothing is known. */
  placeOf(offset: number): number | undefined {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#positions[low - 1];
  }

  encode(checksum: Checksum): Buffer {
    const [offsets, positions] = [this.#offsets, this.#positions];
    const { end, next, generation } = this;
    const stored: Stored = { end, next, generation, topics: [...this.topics], offsets, positions };
    const text = Buffer.from(JSON.stringify(stored));
    const head = Buffer.alloc(HEAD);
    head.write(MAGIC, 0, "latin1");
    head.writeUInt32LE(VERSION, 8);
    head.writeUInt32LE(text.length, 12);
    head.writeUInt32LE(checksum(text), 16);
    return Buffer.concat([head, text]);
  }

  /** `undefined` for one that is cut, damaged or of another version: it is made anew from its segment. */
  static decode(bytes: Buffer, checksum: Checksum): SegmentIndex | undefined {
    if (bytes.length < HEAD || bytes.toString("latin1", 0, 8) !== MAGIC) return undefined;
    if (bytes.readUInt32LE(8) !== VERSION || bytes.readUInt32LE(12) !== bytes.length - HEAD) return undefined;
    const text = bytes.subarray(HEAD);
    if (checksum(text) !== bytes.readUInt32LE(16)) return undefined;
    const { end, next, generation, topics, offsets, positions } = parseJson(text) as Stored;
    const index = new SegmentIndex(end, next, generation);
    for (const [topic, range] of topics) index.topics.set(topic, range);
    index.#offsets = [...offsets];
    index.#positions = [...positions];
    return index;
  }
}
