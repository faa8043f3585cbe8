import { type Deferred, deferred } from "../deferred.ts";
import type { LogRecord, NewRecord, Position } from "../log.ts";
import type { Arena } from "./arena.ts";
import { OFFSETS_TOPIC, STARTS_TOPIC } from "./journal-state.ts";
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

/** What groups committed, and where topics begin: of each key the latest is written, as a record of an internal topic. */
class Marks {
  readonly #topic: string;
  readonly #marks = new Map<string, { offset: number; readonly answers: Deferred<void>[] }>();

  constructor(topic: string) {
    this.#topic = topic;
  }

  get size(): number {
    return this.#marks.size;
  }

  set(key: string, offset: number): Promise<void> {
    const answer = deferred<void>();
    const mark = this.#marks.get(key);
    if (mark === undefined) this.#marks.set(key, { offset, answers: [answer] });
    else {
      mark.offset = offset;
      mark.answers.push(answer);
    }
    return answer.promise;
  }

  get offsets(): ReadonlyMap<string, number> {
    return new Map([...this.#marks].map(([key, { offset }]) => [key, offset]));
  }

  get records(): readonly NewRecord[] {
    return [...this.#marks].map(([key, { offset }]) => ({
      topic: this.#topic,
      key,
      headers: {},
      value: `${offset}`,
    }));
  }

  get answers(): readonly Deferred<void>[] {
    return [...this.#marks.values()].flatMap(({ answers }) => answers);
  }
}

/** What a group changes beside its records. */
export interface Marked {
  readonly offsets: ReadonlyMap<string, number>;
  readonly starts: ReadonlyMap<string, number>;
}

/** What goes to the disk in one write: appends in the order they came, then the latest offset of each group, and of each trim. */
export class Group {
  readonly arena: Arena;
  readonly appends: Pending[] = [];
  readonly #commits = new Marks(OFFSETS_TOPIC);
  readonly #trims = new Marks(STARTS_TOPIC);

  constructor(arena: Arena) {
    this.arena = arena;
  }

  get empty(): boolean {
    return this.appends.length === 0 && this.#commits.size === 0 && this.#trims.size === 0;
  }

  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    const answer = deferred<readonly Position[]>();
    this.#encode(records, answer);
    return answer.promise;
  }

  commit(key: string, offset: number): Promise<void> {
    return this.#commits.set(key, offset);
  }

  trim(topic: string, before: number): Promise<void> {
    return this.#trims.set(topic, before);
  }

  /** Turns the offsets into records: the last ones of the group, for they stand for work that came before. */
  finish(): Marked {
    const records = [...this.#commits.records, ...this.#trims.records];
    if (records.length > 0) this.#encode(records, undefined);
    return { offsets: this.#commits.offsets, starts: this.#trims.offsets };
  }

  committed(): void {
    for (const answer of [...this.#commits.answers, ...this.#trims.answers]) answer.resolve();
  }

  reject(error: unknown): void {
    for (const { answer } of this.appends) answer?.reject(error);
    for (const answer of [...this.#commits.answers, ...this.#trims.answers]) answer.reject(error);
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
