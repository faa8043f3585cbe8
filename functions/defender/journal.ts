import type { Log, NewRecord } from "#broker/log/log.ts";
import { fault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Budget } from "./config.ts";
import { type Answer, decide } from "./decide.ts";
import type { Input, Stamp } from "./input.ts";
import { decisionRecord, inputRecord, readInput } from "./records.ts";
import { type Mark, type Placed, trimInputs, withMark } from "./retention.ts";
import { freeze, thaw } from "./snapshot.ts";
import { snapshotRecords, snapshotsIn } from "./snapshots.ts";
import { emptyState, type State } from "./state.ts";
import type { Ticks } from "./ticks.ts";

export interface JournalOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly ticks: Ticks;
  readonly caps: readonly Budget[];
  /** A snapshot after so many inputs. */
  readonly snapshotEvery: number;
  readonly warn: (message: string) => void;
}

/** What became of an input: where it stands in the log, and what the fold said of it. */
export interface Written {
  readonly offset: number;
  readonly answer: Answer;
}

/** Where the defender's inputs go, and the state that follows from them. */
export interface DefenderJournal {
  readonly state: State;
  /** ms since this process wrote something. */
  readonly idle: number;
  /** ms since the last record, as far as that is known. */
  readonly elapsed: number;
  /** Takes back the state. Rejects where that cannot be had. */
  open(): Promise<void>;
  /** Rejects with `defender-unavailable` or `defender-stopped`: whoever asked has then no permission. */
  write(input: Input): Promise<Written>;
  /** Resolves once all is folded that was in the log when it was asked. */
  current(): Promise<void>;
  /** Writes decisions that wait. */
  flush(): Promise<void>;
  /** What waits is written; nothing is taken after it. */
  close(): Promise<void>;
}

interface Waiting {
  readonly input: Input;
  resolve(written: Written): void;
  reject(error: unknown): void;
}

/** So many inputs from one snapshot to the next: what a start has to play again at most. */
export const SNAPSHOT_EVERY = 10_000;
/** Inputs of one append. What comes meanwhile shares the next one, and its one sync. */
const BATCH = 1_000;
/** Decisions of one append. */
const TELL = 5_000;

/**
 * Append, then fold, then answer: nothing is answered that is not on the disk. One append is on its way at a time, so the
 * numbers of inputs have no gaps, and one that fails takes none of them along.
 */
export class Journal implements DefenderJournal {
  readonly #options: JournalOptions;
  #state: State;
  #waiting: Waiting[] = [];
  /** Follow from inputs that are on the disk already, so they may come later: with the next append. */
  #decisions: NewRecord[] = [];
  #running: Promise<void> | undefined;
  #sinceSnapshot = 0;
  /** Records at the end that could not be read: their numbers are left out, so that the fold sees the hole. */
  #unread = 0;
  /** A snapshot that is packed, and waits for an append. */
  #snapshot: readonly NewRecord[] = [];
  /** The last input that is in it. */
  #snapshotOffset = -1;
  /** The latest that is in the log. */
  #placed: Placed | undefined;
  #marks: readonly Mark[] = [];
  #trimming: Promise<void> = Promise.resolve();
  #packing: Promise<void> | undefined;
  #lastAppend = 0;
  #ended: string | undefined;
  #isLost = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#state = emptyState(options.caps);
  }

  get state(): State {
    return this.#state;
  }

  /** ms since something was appended. */
  get idle(): number {
    return this.#options.ticks.now() - this.#lastAppend;
  }

  /** ms since the last record, by the kernel's clock; 0 where that was of another boot. */
  get elapsed(): number {
    const { ticks } = this.#options;
    const { boot, ticks: at } = this.#state.time;
    return boot === ticks.boot ? Math.max(0, ticks.now() - at) : 0;
  }

  /** There is no other writer. */
  async current(): Promise<void> {
    await undefined;
  }

  /** Takes back the state: from the latest snapshot and what came after it. */
  async open(): Promise<void> {
    const { log } = this.#options;
    this.#state = (await this.#latest()) ?? this.#state;
    const told = await lastDecision(log);
    for await (const records of log.read("defender", { from: this.#state.offset + 1 }))
      for (const record of records) {
        const input = readInput(record);
        this.#unread = input ? 0 : this.#unread + 1;
        if (!input) continue;
        const [next, { decision }] = decide(this.#state, input);
        this.#state = next;
        this.#sinceSnapshot += 1;
        if (decision?.offset === record.offset && record.offset > told) this.#decisions.push(decisionRecord(decision));
      }
  }

  /** The state of the latest snapshot that can be used. */
  async #latest(): Promise<State | undefined> {
    const { log, caps, warn } = this.#options;
    const skip = (e: unknown) => warn(`the defender's snapshot is not used: ${sayError(e)}`);
    try {
      for await (const { text, position, marks } of snapshotsIn(log))
        try {
          const state = thaw(text, caps);
          this.#placed = { position, offset: state.offset };
          this.#marks = marks;
          return state;
        } catch (e) {
          skip(e);
        }
    } catch (e) {
      skip(e);
    }
    return undefined;
  }

  /** Rejects with `defender-unavailable` or `defender-stopped`: whoever asked has then no permission. */
  write(input: Input): Promise<Written> {
    if (this.#ended !== undefined) return Promise.reject(fault("defender-stopped", { what: this.#ended }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Writes what waits, the decisions that follow, and a snapshot. */
  async close(): Promise<void> {
    this.#ended ??= "it was asked to";
    while (this.#running) await this.#running.catch(() => undefined);
    if (this.#sinceSnapshot > 0 && !this.#isLost) await this.#pack();
    await this.#packing;
    await this.#tell().catch((e) => this.#options.warn(`not written at the end: ${sayError(e)}`));
    await this.#trimming;
  }

  /** Writes decisions that wait, when nothing else does. */
  async flush(): Promise<void> {
    await this.#running;
    this.#running ??= this.#tell().finally(() => {
      this.#running = undefined;
      if (this.#waiting.length > 0) this.#running = this.#run();
    });
    await this.#running;
  }

  async #tell(): Promise<void> {
    while (this.#decisions.length > 0 || this.#snapshot.length > 0) await this.#append([]);
  }

  async #run(): Promise<void> {
    // What the last answers have woken shares this append.
    await new Promise<void>((resolve) => setImmediate(resolve));
    do {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#append(batch);
      } catch (e) {
        for (const { reject } of batch) reject(e);
      }
    } while (this.#waiting.length > 0);
    this.#running = undefined;
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    const { log, clock, ticks, snapshotEvery } = this.#options;
    const base = { boot: ticks.boot, ticks: ticks.now(), utc: Math.floor(clock.now()) };
    const stamps = batch.map((_, at): Stamp => ({ ...base, count: this.#state.count + this.#unread + 1 + at }));
    const inputs = batch.map(({ input }, at) => inputRecord(stamps[at]!, input));
    const told = this.#decisions.slice(0, TELL);
    // A snapshot comes after every decision from before it: whoever starts from it tells none of them.
    const snapshot = told.length === this.#decisions.length ? this.#snapshot : [];
    const before = [...told, ...snapshot];
    const positions = await log.append([...before, ...inputs]).catch((e) => {
      throw fault("defender-unavailable", { what: sayError(e) }, e);
    });
    this.#lastAppend = base.ticks;
    this.#unread = 0;
    this.#decisions = this.#decisions.slice(told.length);
    if (snapshot.length > 0) {
      this.#snapshot = [];
      this.#retire({ position: positions[told.length]!.offset, offset: this.#snapshotOffset });
    }
    for (const [at, { input, resolve }] of batch.entries()) {
      const { offset, time } = positions[before.length + at]!;
      const answer = this.#fold({ offset, time, stamp: stamps[at]!, input });
      resolve({ offset, answer });
    }
    if (this.#sinceSnapshot >= snapshotEvery && !this.#packing) void this.#pack();
  }

  /** A fold that throws has lost its footing: nothing is granted on it any more. */
  #fold(record: Parameters<typeof decide>[1]): Answer {
    if (this.#isLost) throw fault("defender-stopped", { what: this.#ended! });
    try {
      const [state, answer] = decide(this.#state, record);
      this.#state = state;
      this.#sinceSnapshot += 1;
      if (answer.decision?.offset === record.offset) this.#decisions.push(decisionRecord(answer.decision));
      return answer;
    } catch (e) {
      this.#isLost = true;
      this.#ended = `its fold failed: ${sayError(e)}`;
      this.#options.warn(this.#ended);
      throw fault("defender-stopped", { what: this.#ended }, e);
    }
  }

  /** Another snapshot is in the log: what only those before the last needed may go. */
  #retire(placed: Placed): void {
    const { log, warn } = this.#options;
    const before = this.#placed;
    this.#placed = placed;
    if (before === undefined) return;
    const { time, rules } = this.#state;
    const kept = { marks: this.#marks, now: time.now, horizon: rules.horizon };
    this.#trimming = Promise.all([this.#trimming, trimInputs(log, before, kept)]).then(
      () => undefined,
      (e) => warn(`old inputs and snapshots are kept for now: ${sayError(e)}`),
    );
  }

  #pack(): Promise<void> {
    this.#sinceSnapshot = 0;
    const { offset, time, rules } = this.#state;
    this.#marks = withMark(this.#marks, { offset, now: time.now }, rules.horizon);
    this.#packing = snapshotRecords({ text: freeze(this.#state), offset, marks: this.#marks })
      .then((records) => {
        this.#snapshot = records;
        this.#snapshotOffset = offset;
      })
      .catch((e) => this.#options.warn(`no snapshot: ${sayError(e)}`))
      .finally(() => {
        this.#packing = undefined;
      });
    return this.#packing;
  }
}

/** Offset of the last input whose decision was written. */
async function lastDecision(log: Log): Promise<number> {
  const end = await log.end("decisions");
  if (end === 0) return -1;
  let last = -1;
  for await (const records of log.read("decisions", { from: end - 1 }))
    for (const { value } of records) if (value !== null) last = (parseJson(value) as Decision).offset;
  return last;
}
