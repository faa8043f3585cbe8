import type { TopicSpec } from "../../topics.ts";
import type { NewRecord } from "../log.ts";
import { groupBy } from "./group-by.ts";
import { boundOf, type Entry, Lane, type LaneLimits } from "./lane.ts";
import { partitionOf } from "./partition.ts";

/** The records of one append that are of one topic, each with its place in the append. */
export interface Part {
  readonly records: readonly { readonly record: NewRecord; readonly place: number }[];
  placed(place: number, partition: number, offset: number, time: number): void;
  /** So many of its records, by default all, will never be there. */
  failed(error: unknown, count?: number): void;
}

export interface TopicQueueParts {
  readonly spec: TopicSpec;
  readonly limits: LaneLimits;
  /** So much of one append and partition goes as one; what is more goes in several batches. */
  readonly entryBytes: number;
  mark(): string;
  push(lane: Lane, entry: Entry): void;
}

/** What is appended to one topic, in the order of the calls: waits until its partitions are known, then goes to their lanes. */
export class TopicQueue {
  readonly #name: string;
  readonly #parts: TopicQueueParts;
  readonly #waiting: Part[] = [];
  #lanes: readonly Lane[] | undefined;
  #holds = 0;

  constructor(name: string, parts: TopicQueueParts) {
    this.#name = name;
    this.#parts = parts;
  }

  get lanes(): readonly Lane[] {
    return this.#lanes ?? [];
  }

  push(part: Part): void {
    if (this.#lanes === undefined || this.#holds > 0) this.#waiting.push(part);
    else this.#distribute(part, this.#lanes);
  }

  open(partitions: number): void {
    if (this.#lanes !== undefined) return;
    const { limits } = this.#parts;
    this.#lanes = Array.from({ length: partitions }, (_, partition) => new Lane(this.#name, partition, limits));
    this.#release();
  }

  /** Sends nothing that is appended from now on before the returned function is called. */
  hold(): () => void {
    this.#holds += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds -= 1;
      this.#release();
    };
  }

  fail(error: unknown): void {
    for (const part of this.#waiting.splice(0)) part.failed(error);
  }

  #release(): void {
    if (this.#lanes === undefined || this.#holds > 0) return;
    for (const part of this.#waiting.splice(0)) this.#distribute(part, this.#lanes);
  }

  #distribute(part: Part, lanes: readonly Lane[]): void {
    const { spec, entryBytes } = this.#parts;
    const own = groupBy(part.records, ({ record }) => partitionOf(spec, record.key, lanes.length));
    for (const [partition, records] of own) {
      let from = 0;
      let bytes = 0;
      for (const [at, { record }] of records.entries()) {
        const more = boundOf(record);
        if (at > from && bytes + more > entryBytes) {
          this.#push(lanes[partition]!, part, records.slice(from, at), bytes);
          from = at;
          bytes = 0;
        }
        bytes += more;
      }
      this.#push(lanes[partition]!, part, from === 0 ? records : records.slice(from), bytes);
    }
  }

  #push(lane: Lane, part: Part, own: Part["records"], bytes: number): void {
    this.#parts.push(lane, {
      records: own.map(({ record }) => ({ record, mark: this.#parts.mark() })),
      bytes,
      done(base, time) {
        for (const [at, { place }] of own.entries()) part.placed(place, lane.partition, base + at, time);
      },
      failed: (error) => part.failed(error, own.length),
    });
  }
}
