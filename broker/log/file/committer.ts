import { fault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { admit } from "../admit.ts";
import type { LogRecord, NewRecord, Position } from "../log.ts";
import { Arena } from "./arena.ts";
import { sealFrame } from "./frame.ts";
import { Group, type Marked, type Pending } from "./group.ts";
import { writeFault } from "./io-fault.ts";
import type { Journal } from "./journal.ts";
import { raiseStart } from "./journal-state.ts";
import type { SegmentWriter } from "./segment-writer.ts";

export interface CommitterParts {
  readonly journal: Journal;
  readonly writer: SegmentWriter;
  readonly clock: Pick<Clock, "now">;
  /** How long offsets wait for an append to ride along with, in ms. */
  readonly commitDelay: number;
  /** This record is on the disk. Called in order. */
  published(record: LogRecord): void;
  /** All of a group was published; these are its topics. */
  settled(topics: ReadonlySet<string>): void;
}

/** Lets what the last answers have woken run first, so that its appends share the next write. */
const afterOthers = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * Group commit. One write is on its way to the disk at a time; what is appended meanwhile goes with the next one. So
 * appends reach the disk in the order of the calls, and one sync serves all that wait.
 */
export class Committer {
  readonly #parts: CommitterParts;
  #group = new Group(new Arena());
  #spare = new Arena();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (this.#closed) throw fault("log-closed", {});
    admit(records);
    if (records.length === 0) return Promise.resolve([]);
    const answer = this.#group.append(records);
    this.#start();
    return answer;
  }

  commit(key: string, offset: number): Promise<void> {
    if (this.#closed) throw fault("log-closed", {});
    const answer = this.#group.commit(key, offset);
    this.#startLater();
    return answer;
  }

  /** Resolves when it is on the disk that the topic begins there. */
  trim(topic: string, before: number): Promise<void> {
    if (this.#closed) throw fault("log-closed", {});
    const answer = this.#group.trim(topic, before);
    this.#startLater();
    return answer;
  }

  /** Begins at once to write what waits. */
  flush(): void {
    if (!this.#group.empty) this.#start();
  }

  /** Writes what waits; nothing is taken after it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.flush();
    await this.#running;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    do {
      await afterOthers();
      const group = this.#take();
      try {
        this.#publish(group, await this.#write(group));
      } catch (error) {
        const failure = writeFault(this.#parts.journal.dir, error);
        group.reject(failure);
        // What came later must not overtake what failed.
        const later = this.#take();
        later.reject(failure);
        this.#recycle(later);
      }
      this.#recycle(group);
    } while (this.#group.appends.length > 0 || (this.#closed && !this.#group.empty));
    this.#running = undefined;
    if (!this.#group.empty) this.#startLater();
  }

  /** For offsets alone: an append that comes soon takes them along. */
  #startLater(): void {
    const { commitDelay } = this.#parts;
    if (commitDelay === 0) this.#start();
    else if (this.#running === undefined) this.#timer ??= setTimeout(() => this.#start(), commitDelay);
  }

  #take(): Group {
    const group = this.#group;
    this.#group = new Group(this.#spare);
    this.#spare = new Arena(0);
    return group;
  }

  #recycle({ arena }: Group): void {
    arena.clear();
    this.#spare = arena;
  }

  async #write(group: Group): Promise<Marked & { time: number; position: number }> {
    const { journal, writer, clock } = this.#parts;
    const marked = group.finish();
    await writer.prepare(group.arena.length);
    const { bytes, length } = group.arena;
    const time = Math.max(journal.state.time, Math.floor(clock.now()));
    let offset = journal.state.next;
    for (const { draft } of group.appends) {
      sealFrame(bytes, draft.start, draft.end, { back: draft.start, offset, time }, journal.checksum);
      offset += draft.count;
    }
    const { position } = writer;
    await writer.write(bytes.subarray(0, length));
    return { ...marked, time, position };
  }

  #publish(group: Group, written: Marked & { time: number; position: number }): void {
    const { state, segments } = this.#parts.journal;
    const { index } = segments.at(-1)!;
    const { time, position } = written;
    const touched = new Set<string>();
    const answers: Position[][] = [];
    for (const pending of group.appends) {
      const { draft } = pending;
      index.add(position + draft.start, draft.end - draft.start, state.next, draft.count, draft.spans);
      for (const { topic, last } of draft.spans) {
        state.ends.set(topic, state.next + last + 1);
        touched.add(topic);
      }
      answers.push(this.#publishRecords(pending, state.next, time));
      state.next += draft.count;
    }
    state.time = time;
    for (const [key, offset] of written.offsets) state.groups.set(key, offset);
    for (const [topic, before] of written.starts) raiseStart(state, topic, before);
    this.#parts.settled(touched);
    for (const [at, { answer }] of group.appends.entries()) answer?.resolve(answers[at]!);
    group.committed();
  }

  #publishRecords({ records }: Pending, first: number, time: number): Position[] {
    const positions: Position[] = [];
    let offset = first;
    for (const record of records) {
      record.offset = offset++;
      record.time = time;
      this.#parts.published(record);
      positions.push({ topic: record.topic, partition: 0, offset: record.offset, time });
    }
    return positions;
  }
}
