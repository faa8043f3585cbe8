import { type Deferred, deferred } from "../deferred.ts";
import type { LogRecord, NewRecord, Position } from "../log.ts";
import type { Arena } from "./arena.ts";
import { OFFSETS_TOPIC } from "./journal-state.ts";
import { type Draft, encodeRecords } from "./record-codec.ts";

/** A record that learns its offset and its time when it is on the disk. */
type WaitingRecord = { -readonly [K in keyof LogRecord]: LogRecord[K] };

/** A copy, so that what is handed on is what was written, whatever the caller does with its own. */
const waiting = ({ topic, key, headers, value }: NewRecord): WaitingRecord => ({
  topic,
  key,
  headers: { ...headers },
  value,
  partition: 0,
  offset: 0,
  time: 0,
});

/** One append that waits to be written. */
export interface Pending {
  readonly draft: Draft;
  readonly records: readonly WaitingRecord[];
  /** Nobody waits for the records that stand for groups' offsets. */
  readonly answer: Deferred<readonly Position[]> | undefined;
}

interface Commit {
  offset: number;
  readonly answers: Deferred<void>[];
}

/** What goes to the disk in one write: appends in the order they came, and the latest offset of each group. */
export class Group {
  readonly arena: Arena;
  readonly appends: Pending[] = [];
  readonly #commits = new Map<string, Commit>();

  constructor(arena: Arena) {
    this.arena = arena;
  }

  get empty(): boolean {
    return this.appends.length === 0 && this.#commits.size === 0;
  }

  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    const answer = deferred<readonly Position[]>();
    this.#encode(records, answer);
    return answer.promise;
  }

  commit(key: string, offset: number): Promise<void> {
    const answer = deferred<void>();
    const commit = this.#commits.get(key);
    if (commit === undefined) this.#commits.set(key, { offset, answers: [answer] });
    else {
      commit.offset = offset;
      commit.answers.push(answer);
    }
    return answer.promise;
  }

  /** Turns the offsets into records: the last ones of the group, for they stand for work that came before. */
  finish(): ReadonlyMap<string, number> {
    const offsets = new Map([...this.#commits].map(([key, { offset }]) => [key, offset]));
    if (offsets.size === 0) return offsets;
    const records = [...offsets].map(([key, offset]) => ({
      topic: OFFSETS_TOPIC,
      key,
      headers: {},
      value: `${offset}`,
    }));
    this.#encode(records, undefined);
    return offsets;
  }

  committed(): void {
    for (const { answers } of this.#commits.values()) for (const answer of answers) answer.resolve();
  }

  reject(error: unknown): void {
    for (const { answer } of this.appends) answer?.reject(error);
    for (const { answers } of this.#commits.values()) for (const answer of answers) answer.reject(error);
  }

  #encode(records: readonly NewRecord[], answer: Deferred<readonly Position[]> | undefined): void {
    const before = this.arena.length;
    try {
      this.appends.push({ draft: encodeRecords(this.arena, records), records: records.map(waiting), answer });
    } catch (error) {
      // Half a frame must not go with the others.
      this.arena.length = before;
      throw error;
    }
  }
}
