import { randomUUID } from "node:crypto";
import type { Log, LogRecord, NewRecord, Subscription } from "#broker/log/log.ts";
import { fault, sayError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Budget } from "./config.ts";
import { type Answer, decide } from "./decide.ts";
import type { Input, Sender } from "./input.ts";
import type { DefenderJournal, Written } from "./journal.ts";
import { Pending, type Waiting } from "./pending.ts";
import { readInput, sentRecord } from "./records.ts";
import { SharedSnapshots } from "./share-snapshots.ts";
import { emptyState, knows, type State, VERSION } from "./state.ts";
import { Teller } from "./tell-decisions.ts";
import { commonVersion } from "./writers.ts";

export interface SharedJournalOptions {
  /** Its topics have dense offsets: what is missing was lost. */
  readonly log: Log;
  readonly clock: Pick<Clock, "monotonic">;
  readonly caps: readonly Budget[];
  /** A snapshot where a multiple of so many offsets is passed. All replicas should have the same. */
  readonly snapshotEvery: number;
  readonly warn: (message: string) => void;
  /** It cannot go on; started again it may. */
  readonly lost?: (error: unknown) => void;
  /** Of an own record that was not read again within so long, no answer is given. ms */
  readonly patience?: { readonly request: number; readonly act: number };
}

/** Inputs of one append. */
const BATCH = 1_000;
const READ = 2_000;
/**
 * ms from one reading that inputs refer to for time, to the next. With each, what came between append and reading is lost of
 * time; and so long may a grant count as given now.
 */
const RENEW = 500;
/** Who asks the defender waits two seconds; a person waits until Kafka has another leader. */
const PATIENCE = { request: 1_900, act: 15_000 };
const LAST_WORDS = 5_000;

/**
 * A journal that any number of processes write and all of them fold, each the whole of it: append, read it back in the one
 * order that the log gives, fold up to it, answer. Nobody leads, and one that was long away comes to the same. Time is what the
 * writers' monotonic clocks vouch for: no broker's clock can hurry it.
 */
export class SharedJournal implements DefenderJournal {
  readonly #options: SharedJournalOptions;
  readonly #snapshots: SharedSnapshots;
  readonly #teller: Teller;
  readonly #pending: Pending;
  #state: State;
  /** The last offset that was read, whether it counts or not. */
  #seen = -1;
  #isFirst = true;
  /** Undefined: it has to begin (again) before it writes anything else. */
  #name: string | undefined;
  #next = 0;
  /** What had been read at a moment of the monotonic clock. */
  #basis: { readonly offset: number; readonly at: number } | undefined;
  #isDurable = false;
  #hasBegun = false;
  #running: Promise<void> | undefined;
  #subscription: Subscription | undefined;
  #lastAppend = 0;
  #lastRead = 0;
  #ended: string | undefined;
  readonly #readers: { readonly to: number; resolve(): void }[] = [];

  constructor(options: SharedJournalOptions) {
    const { log, caps, snapshotEvery, warn, clock, patience = PATIENCE } = options;
    this.#options = options;
    this.#state = emptyState(caps);
    this.#snapshots = new SharedSnapshots({ log, caps, every: snapshotEvery, warn });
    this.#teller = new Teller(log, () => this.#state);
    this.#pending = new Pending(clock, patience);
  }

  get state(): State {
    return this.#state;
  }

  get idle(): number {
    return this.#options.clock.monotonic() - this.#lastAppend;
  }

  get elapsed(): number {
    return this.#options.clock.monotonic() - this.#lastRead;
  }

  async open(): Promise<void> {
    const { log, clock } = this.#options;
    this.#lastAppend = clock.monotonic();
    this.#lastRead = clock.monotonic();
    await this.#teller.open();
    this.#state = (await this.#snapshots.latest()) ?? this.#state;
    const { offset } = this.#state;
    const end = await log.end("defender");
    // What a snapshot holds has been in the log.
    if (offset >= end) throw fault("defender-log-hole", { at: end, wanted: offset + 1 });
    this.#seen = offset;
    const options = { topic: "defender", from: offset + 1, maxBatch: READ };
    this.#subscription = log.subscribe(options, (records) => this.#take(records));
    this.#subscription.done.catch((e) => this.#lose(e));
    await this.#subscription.caughtUp;
  }

  async write(input: Input): Promise<Written> {
    if (this.#ended !== undefined) throw fault("defender-stopped", { what: this.#ended });
    if (input.kind === "start") {
      this.#isDurable = input.durable;
      this.#hasBegun = true;
    }
    const written = this.#pending.add(input);
    this.#running ??= this.#run();
    return written;
  }

  /** Resolves once all is folded that was in the log when it was asked. */
  async current(): Promise<void> {
    if (this.#ended !== undefined) throw fault("defender-stopped", { what: this.#ended });
    const to = (await this.#options.log.end("defender")) - 1;
    if (this.#seen >= to) return;
    await new Promise<void>((resolve) => this.#readers.push({ to, resolve }));
  }

  async flush(): Promise<void> {
    if (this.#ended === undefined) await this.#teller.tell();
  }

  async close(): Promise<void> {
    this.#ended ??= "it was asked to";
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_WORDS);
    });
    await Promise.race([this.#lastWords().catch((e) => this.#warn(`not written at the end: ${sayError(e)}`)), late]);
    clearTimeout(timer);
    await this.#subscription?.close();
    this.#pending.end(fault("defender-stopped", { what: this.#ended }));
  }

  /** What was taken is answered, what is to be told is told, and nobody need look after it. */
  async #lastWords(): Promise<void> {
    await this.#running;
    await this.#pending.answered();
    await this.#snapshots.closed();
    await this.#teller.tell();
    if (this.#name !== undefined)
      await this.#options.log.append([sentRecord(this.#sender(this.#options.clock.monotonic()), { kind: "tick" })]);
  }

  async #run(): Promise<void> {
    // What the last answers have woken shares this append.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (let batch = this.#pending.take(BATCH); batch.length > 0; batch = this.#pending.take(BATCH))
      await this.#append(batch);
    this.#running = undefined;
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    const { log, clock } = this.#options;
    const now = clock.monotonic();
    const records: NewRecord[] = [];
    if (this.#name === undefined) records.push(this.#begin(now));
    for (const one of batch) {
      // It was the first record of this life already.
      if (one.input.kind === "start" && records.length === 1 && this.#next === 1) {
        this.#pending.send(this.#key(0), one);
        continue;
      }
      const sender = this.#sender(now);
      this.#pending.send(this.#key(sender.number), one);
      records.push(sentRecord(sender, one.input));
    }
    try {
      await log.append(records);
      this.#lastAppend = clock.monotonic();
    } catch (e) {
      // Perhaps it is there all the same: as another writer it cannot be taken for what comes next.
      this.#name = undefined;
      this.#pending.refuse(batch, fault("defender-unavailable", { what: sayError(e) }, e));
    }
  }

  /** Names this life, in a record that all replicas read. */
  #begin(now: number): NewRecord {
    this.#name = randomUUID();
    this.#next = 0;
    this.#teller.begin(this.#name);
    const start = { kind: "start", durable: this.#isDurable, knows: VERSION, after: this.#seen } as const;
    return sentRecord(this.#sender(now), start);
  }

  #key = (number: number): string => `${this.#name}/${number}`;

  #sender(now: number): Sender {
    const basis = this.#basis;
    return {
      ...{ writer: this.#name!, number: this.#next++, ...this.#teller.far },
      ...(basis && { since: [basis.offset, Math.floor(now - basis.at)] as const }),
    };
  }

  #take(records: readonly LogRecord[]): void {
    this.#lastRead = this.#options.clock.monotonic();
    for (const record of records) {
      if (this.#ended !== undefined && !knows(this.#state.version)) return;
      const wanted = this.#seen + 1;
      const isHole = this.#isFirst ? record.offset !== wanted : record.offset < wanted;
      if (isHole) return this.#lose(fault("defender-log-hole", { at: record.offset, wanted }));
      this.#isFirst = false;
      this.#seen = record.offset;
      this.#fold(record);
    }
    if (this.#basis === undefined || this.#lastRead - this.#basis.at > RENEW)
      this.#basis = { offset: this.#seen, at: this.#lastRead };
    this.#wakeReaders();
    this.#upgrade();
  }

  #fold(record: LogRecord): void {
    const input = readInput(record);
    if (!input?.from) return;
    const { writer, number } = input.from;
    const before = this.#state.offset;
    let answer: Answer;
    try {
      [this.#state, answer] = decide(this.#state, input);
    } catch (e) {
      return this.#lose(e);
    }
    if (!knows(this.#state.version))
      return this.#lose(new Error(`version ${this.#state.version} began, and this one knows ${VERSION}: update it`));
    const key = `${writer}/${number}`;
    if (answer.ignored) return this.#ignored(writer, key);
    this.#snapshots.passed(before, this.#state, writer === this.#name);
    this.#pending.settle(key, { offset: record.offset, answer });
  }

  /** Of an own record: this one was silent for so long that it has to begin again. What waits has had no effect. */
  #ignored(writer: string, key: string): void {
    if (!this.#pending.again(key)) return;
    if (writer === this.#name) this.#name = undefined;
    this.#running ??= this.#run();
  }

  #wakeReaders(): void {
    for (let at = this.#readers.length - 1; at >= 0; at--) {
      if (this.#readers[at]!.to > this.#seen) continue;
      this.#readers[at]!.resolve();
      this.#readers.splice(at, 1);
    }
  }

  /** Every replica knows a newer version: whoever sees it first says so; said twice it counts once. */
  #upgrade(): void {
    if (!this.#hasBegun || this.#ended !== undefined) return;
    const version = Math.min(commonVersion(this.#state), VERSION);
    if (version <= this.#state.version || this.#pending.has("version")) return;
    this.write({ kind: "version", version }).catch((e) => this.#warn(`version ${version} waits: ${sayError(e)}`));
  }

  #warn(message: string): void {
    this.#options.warn(message);
  }

  /** Nothing is granted on a fold that has lost its footing. */
  #lose(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = sayError(error);
    this.#warn(`the defender stops: ${this.#ended}`);
    this.#pending.end(fault("defender-stopped", { what: this.#ended }, error));
    this.#options.lost?.(error);
  }
}
