import { setTimeout as wait } from "node:timers/promises";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { DueCheck } from "#broker/dispatch/due-set.ts";
import { type Answered, Lane } from "#broker/dispatch/lane.ts";
import { LowWater } from "#broker/dispatch/low-water.ts";
import type { Target } from "#broker/dispatch/target.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { TYPES } from "#sdk/event/types.ts";
import { readability } from "#sdk/event/version.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { Parked } from "./parked.ts";
import { pendingRecords } from "./pending-records.ts";
import { parseKey, verdictRecords } from "./verdict-records.ts";

/** What runs the checks of some cases. */
export interface Route {
  /** Globs of cases; the first route with one that fits has them. */
  readonly cases: readonly string[];
  readonly target: Target;
  /** Batches in flight at most. Default 2. */
  readonly flights?: number;
  /** So many go out full or not. Default: all of them. */
  readonly eager?: number;
}

export interface DispatcherOptions {
  readonly log: Log;
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** The consumer group that shares the work; without one it has all of it, and remembers nothing. */
  readonly group?: string;
  /** Checks per batch. Default 50. */
  readonly batch?: number;
  /** Characters per batch, about. Default 256 Ki. */
  readonly batchSize?: number;
  /** ms before the second, third, … try of a check whose run was broken off. After the last it is set aside. */
  readonly retries?: readonly number[];
  /** There are checks of a case that no route leads anywhere for, or that its host does not have. May be told often. */
  readonly wanted?: () => void;
  /** Unique among dispatchers of one log: who says what it still has. Without a name nothing is said. */
  readonly name?: string;
}

/** ms. Five tries in all. */
export const RETRIES = [1_000, 5_000, 30_000, 120_000];
/** ms between two commits: what is lost of them is only done again. */
const COMMITS = 200;
/** ms between two words on what still waits, and how old a check must be to be in them: sooner nobody sends it again. */
const REPORTS = 10_000;
const REPORTED = 15_000;
/** Every so many of these words it is asked again who has the cases that nobody had. */
const LOOKS = 6;

type Counts = Lane["counts"];
const NOTHING: Counts = { checks: 0, batches: 0, retried: 0, deadLetters: 0 };
const added = (a: Counts, b: Counts): Counts => ({
  checks: a.checks + b.checks,
  batches: a.batches + b.batches,
  retried: a.retried + b.retried,
  deadLetters: a.deadLetters + b.deadLetters,
});

/** Brings checks to what runs them, and their verdicts to the log. It holds no state but what the group has not committed. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #lanes: readonly { readonly cases: readonly string[]; readonly target: Target; readonly lane: Lane }[];
  /** Lanes of routes that are gone, with what is in flight there. */
  #leaving: readonly Lane[] = [];
  /** What lanes that are gone had counted. */
  #counted = NOTHING;
  readonly #parked = new Parked();
  readonly #lowWater = new LowWater();
  readonly #reader: RecordReader;
  /** Which lane a case goes by. */
  readonly #ways = new Map<string, Lane | undefined>();
  #subscription: Subscription | undefined;
  #committing: NodeJS.Timeout | undefined;
  #reporting: NodeJS.Timeout | undefined;
  #looks = 0;
  #isStopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "dispatcher" });
    this.#lanes = options.routes.map((route) => this.#laneTo(route));
  }

  #laneTo({ cases, target, flights = 2, eager = flights }: Route) {
    const { logger, clock, batch = 50, batchSize = 256 * 1024, retries = RETRIES } = this.#options;
    const lane = new Lane({
      ...{ target, logger, batch, batchSize, flights, eager, retries },
      now: () => clock.monotonic(),
      answered: (answers) => this.#write(answers),
      finished: (check) => this.#end(check),
    });
    return { cases, target, lane };
  }

  /** These routes count from now on: one to a target there was a route to before goes on, with what waits there. */
  reroute(routes: readonly Route[]): void {
    const before = new Map(this.#lanes.map((one) => [one.target, one]));
    this.#lanes = routes.map((route) => {
      const known = before.get(route.target);
      before.delete(route.target);
      return known ? { ...known, cases: route.cases } : this.#laneTo(route);
    });
    this.#ways.clear();
    for (const lane of this.#leaving) if (lane.isIdle) this.#counted = added(this.#counted, lane.counts);
    this.#leaving = this.#leaving.filter((lane) => !lane.isIdle);
    for (const { lane } of before.values()) {
      this.#leaving = [...this.#leaving, lane];
      lane.leave((check) => this.#back(check));
    }
    for (const check of this.#parked.takeAll()) this.#back(check);
    // A case may have come to another host's.
    for (const { lane } of this.#lanes)
      lane.move(
        (check) => this.#laneOf(check.key) !== lane,
        (check) => this.#back(check),
      );
    for (const { lane } of this.#lanes) lane.pump();
  }

  /** A check that was taken before: a later one of its key stands for it. */
  #back(check: DueCheck): void {
    const lane = this.#laneOf(check.key);
    if (lane?.holds(check.key)) return this.#end(check);
    if (!lane) return this.#park(check);
    lane.put(check);
    lane.pump();
  }

  #park(check: DueCheck): void {
    const before = this.#parked.put(check, this.#options.clock.monotonic());
    if (before) this.#end(before);
    this.#options.wanted?.();
  }

  #end({ partition, offset }: DueCheck): void {
    this.#lowWater.end(partition, offset);
  }

  start(): void {
    const { log, group } = this.#options;
    const lost = (partitions: readonly number[]) => {
      for (const partition of partitions) this.#lose(partition);
    };
    const of = group === undefined ? { topic: "checks" } : { topic: "checks", group, lost };
    this.#subscription = log.subscribe(of, (records) => this.#take(records));
    if (group !== undefined) this.#committing = setInterval(() => void this.#commit(), COMMITS);
    if (this.#options.name !== undefined) this.#reporting = setInterval(() => void this.#report(), REPORTS);
  }

  /** What is in flight is answered; what waits is another's to do, or one's own after the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#reporting);
    await Promise.all([...this.#every()].map((lane) => lane.stop()));
    clearInterval(this.#committing);
    await this.#commit();
    await this.#subscription?.close();
  }

  /** Ends with what broke the subscription. */
  get done(): Promise<void> {
    return this.#subscription!.done;
  }

  *#every(): Iterable<Lane> {
    for (const { lane } of this.#lanes) yield lane;
    yield* this.#leaving;
  }

  get waiting(): number {
    return this.#lanes.reduce((sum, { lane }) => sum + lane.waiting, this.#parked.size);
  }

  /** Requests under way. */
  get flights(): number {
    return [...this.#every()].reduce((sum, lane) => sum + lane.flights, 0);
  }

  /** Checks that no route leads anywhere for. */
  get unrouted(): number {
    return this.#parked.size;
  }

  /** Counts since the start. */
  get counts() {
    return [...this.#every()].reduce((sum, lane) => added(sum, lane.counts), this.#counted);
  }

  has(key: string, id: string): boolean {
    return this.#parked.has(key, id) || [...this.#every()].some((lane) => lane.has(key, id));
  }

  #take(records: readonly LogRecord[]): Promise<void> | undefined {
    if (this.#isStopping) return undefined;
    const touched = new Set<Lane>();
    for (const record of records) {
      const { key, headers, value, time, partition, offset } = record;
      // Also of what is not to be run: what comes after it may be done sooner than what came before.
      this.#lowWater.begin(partition, offset);
      const lane = this.#wayOf(record);
      if (lane === "none") {
        void this.#reader.settled.then(() => this.#lowWater.end(partition, offset));
        continue;
      }
      if (value !== null) {
        const check = { key, id: headers.ce_id!, headers, text: value, at: time, tries: 0, partition, offset };
        if (!lane) this.#park(check);
        else {
          lane.put(check);
          touched.add(lane);
        }
        continue;
      }
      lane?.remove(key);
      const parked = this.#parked.remove(key);
      if (parked) this.#end(parked);
      this.#lowWater.end(partition, offset);
    }
    for (const lane of touched) lane.pump();
    return this.#reader.settled;
  }

  /** The data is read by what runs the check; here only whose it is, and whether a later version wrote it. */
  #wayOf(record: LogRecord): Lane | undefined | "none" {
    const { ce_type = "", ce_id } = record.headers;
    try {
      if (record.value !== null && readability(ce_type, TYPES.checkDue) !== "known")
        throw fault("record-newer", { type: ce_type, known: TYPES.checkDue });
      if (record.value !== null && ce_id === undefined) throw fault("record-invalid", { what: "it has no id" });
      return this.#laneOf(record.key);
    } catch (e) {
      this.#reader.setAside(record, { code: isFault(e) ? e.code : "record-invalid", message: sayError(e) });
      return "none";
    }
  }

  #laneOf(key: string): Lane | undefined {
    const { instance } = parseKey(key);
    if (this.#ways.has(instance)) return this.#ways.get(instance);
    const [name] = instance.split("@") as [string];
    const lane = this.#lanes.find(({ cases }) => cases.some((glob) => matchesGlob(glob, name)))?.lane;
    // It stays unanswered, and so the watcher says.
    if (!lane) this.#options.logger.error({ case: name }, "nothing is known to run this case: its checks wait");
    this.#ways.set(instance, lane);
    return lane;
  }

  /** Until it is accepted: a verdict that was worked out is not thrown away because the disk is full. */
  async #write(answers: readonly Answered[]): Promise<boolean> {
    const { log, clock, logger, wanted } = this.#options;
    const now = clock.now();
    if (answers.some(({ answer }) => "error" in answer && answer.error.code === "case-unknown")) wanted?.();
    const records = answers.flatMap((answer) => verdictRecords(answer, now));
    for (let pause = 100; ; pause = Math.min(pause * 2, 5_000)) {
      try {
        await log.append(records);
        return true;
      } catch (e) {
        if (this.#isStopping || isFault(e, "log-closed")) return false;
        logger.error({ err: sayError(e) }, "verdicts cannot be written; trying again");
        await wait(pause);
      }
    }
  }

  /** Not to be waited for: a word that is lost costs a check that is sent again. */
  async #report(): Promise<void> {
    const { log, clock, logger, name } = this.#options;
    const since = clock.now() - REPORTED;
    if (this.#parked.size > 0 && ++this.#looks % LOOKS === 0) this.#options.wanted?.();
    const old = [this.#parked, ...this.#every()].flatMap((one) => [...one.all()].filter(({ at }) => at <= since));
    if (old.length === 0) return;
    await log.append(pendingRecords(old, name!, clock.now())).catch((e) => {
      if (!isFault(e, "log-closed")) logger.warn({ err: sayError(e) }, "what still waits cannot be said");
    });
  }

  async #commit(): Promise<void> {
    const { group, logger, clock } = this.#options;
    for (const check of this.#parked.expired(clock.monotonic())) this.#end(check);
    if (group === undefined || this.#subscription === undefined) return;
    const commits = this.#lowWater.risen().map(async ([partition, offset]) => {
      try {
        await this.#subscription!.commit(partition, offset);
      } catch (e) {
        if (!isFault(e, "log-partition-lost"))
          return logger.warn({ err: sayError(e) }, "what is done cannot be committed");
        this.#lose(partition);
      }
    });
    await Promise.all(commits);
  }

  /** Its checks are another's to bring. */
  #lose(partition: number): void {
    this.#lowWater.forget(partition);
    this.#parked.drop(partition);
    for (const lane of this.#every()) lane.drop(partition);
  }
}
