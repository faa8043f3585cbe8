import { isFault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { type DueCheck, DueSet } from "./due-set.ts";
import { Pace } from "./pace.ts";
import type { Answer, Cause, Target } from "./target.ts";

export interface LaneOptions {
  readonly target: Target;
  readonly logger: Logger;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Checks per batch. */
  readonly batch: number;
  /** Characters per batch, about. */
  readonly batchSize: number;
  /** Batches in flight at most. */
  readonly flights: number;
  /** So many go out at once, full or not; with more in the air a batch that is not full waits for others, `linger` ms. */
  readonly eager?: number;
  readonly linger?: number;
  /** ms before the second, third, … try of a check whose run was broken off. After the last it is set aside. */
  readonly retries: readonly number[];
  /** Writes down what was answered: true when it is durable, false where it could not be. `setAside`: not tried again. */
  readonly answered: (answers: readonly Answered[]) => Promise<boolean>;
  /** Nothing more is done about this one: it is answered, set aside, or a later one of its key stands for it. */
  readonly finished: (check: DueCheck) => void;
}

export interface Answered {
  readonly check: DueCheck;
  readonly answer: Answer;
  readonly setAside: boolean;
}

const UNANSWERED = { code: "dispatch-unanswered", message: "the batch's reply did not answer it" } as const;

/** What comes of one check of a flight; without an answer it was not tried, and waits again. */
interface Outcome {
  readonly check: DueCheck;
  readonly answer?: Answer;
  /** Trying again cannot help. */
  readonly isRefused?: boolean;
}

/** The way to one target: what is due there, what is in flight, what is to be tried again. Lanes know nothing of each other. */
export class Lane {
  readonly #options: Required<LaneOptions>;
  readonly #due = new DueSet();
  readonly #pace: Pace;
  /** Per key: the one of it that is to be tried again. */
  readonly #retries = new Map<string, { readonly check: DueCheck; readonly timer: NodeJS.Timeout }>();
  readonly #flights = new Set<Promise<void>>();
  /** Ids that were alone in a request that broke off: once may be the target's end, twice is their own doing. */
  readonly #broken = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isHeld = false;
  #isStopping = false;
  /** Where checks go that this lane has done with trying: it is left. */
  #elsewhere: ((check: DueCheck) => void) | undefined;
  /** Counts since the start. */
  readonly counts = { checks: 0, batches: 0, retried: 0, deadLetters: 0 };

  constructor(options: LaneOptions) {
    this.#options = { eager: options.flights, linger: 10, ...options };
    this.#pace = new Pace(options.flights);
  }

  get waiting(): number {
    return this.#due.waiting;
  }

  get flights(): number {
    return this.#flights.size;
  }

  has(key: string, id: string): boolean {
    return this.#due.has(key, id);
  }

  /** All that waits, is in flight, or is to be tried again. */
  *all(): Iterable<DueCheck> {
    yield* this.#due.all();
    for (const { check } of this.#retries.values()) yield check;
  }

  /** Of what waits, that which goes another way now. What is in flight ends here. */
  move(isElsewhere: (check: DueCheck) => boolean, elsewhere: (check: DueCheck) => void): void {
    for (const check of this.#due.takeAll()) {
      if (isElsewhere(check)) elsewhere(check);
      else this.#due.put(check);
    }
  }

  /** Nothing more is begun here: what waits goes elsewhere, and so does what is in flight where it needs another try. */
  leave(elsewhere: (check: DueCheck) => void): void {
    this.#elsewhere = elsewhere;
    clearTimeout(this.#timer);
    for (const { check, timer } of this.#retries.values()) {
      clearTimeout(timer);
      elsewhere(check);
    }
    this.#retries.clear();
    for (const check of this.#due.takeAll()) elsewhere(check);
  }

  /** Whether some check of the key waits, is in flight, or is to be tried again. */
  holds(key: string): boolean {
    return this.#due.holds(key) || this.#retries.has(key);
  }

  get isIdle(): boolean {
    return this.#flights.size === 0;
  }

  put(check: DueCheck): void {
    this.#outdate(this.#due.put(check), check.key);
  }

  /** The key needs no check any more. */
  remove(key: string): void {
    this.#outdate(this.#due.remove(key), key);
  }

  /** A partition is another's now. What of it is in flight is answered all the same. */
  drop(partition: number): void {
    this.#due.drop(partition);
    for (const [key, { check, timer }] of this.#retries) {
      if (check.partition !== partition) continue;
      clearTimeout(timer);
      this.#retries.delete(key);
    }
  }

  /** Sends what may be sent now. */
  pump(): void {
    const { batch, batchSize, eager, linger, now } = this.#options;
    if (this.#elsewhere) return;
    if (this.#timer !== undefined) {
      if (this.#isHeld || this.#due.waiting < batch) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    while (!this.#isStopping && this.#flights.size < this.#pace.allowed && this.#due.waiting > 0) {
      const held = this.#pace.heldFor(now());
      if (held > 0) return this.#later(held, true);
      if (this.#flights.size >= eager && this.#due.waiting < batch) return this.#later(linger, false);
      this.#launch(this.#due.take(batch, batchSize));
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    for (const { timer } of this.#retries.values()) clearTimeout(timer);
    await Promise.allSettled([...this.#flights]);
  }

  /** Held: the target takes nothing. Else what waits lingers, and goes then, full or not. */
  #later(ms: number, isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const { batch, batchSize } = this.#options;
      const mayGo = !this.#isStopping && this.#flights.size < this.#pace.allowed && this.#due.waiting > 0;
      if (!isHeld && mayGo) this.#launch(this.#due.take(batch, batchSize));
      this.pump();
    }, ms);
  }

  #launch(checks: readonly DueCheck[]): void {
    const flight = this.#fly(checks).finally(() => {
      this.#flights.delete(flight);
      this.pump();
    });
    this.#flights.add(flight);
  }

  async #fly(checks: readonly DueCheck[]): Promise<void> {
    this.counts.batches++;
    this.counts.checks += checks.length;
    const outcomes = await this.#ask(checks);
    const { retries, answered } = this.#options;
    const answers = outcomes.flatMap(({ check, answer, isRefused = false }) => {
      if (answer === undefined || (this.#isStopping && "error" in answer)) return [];
      const setAside = "error" in answer && (isRefused || check.tries >= retries.length);
      return [{ check, answer, setAside }];
    });
    if (answers.length > 0 && !(await answered(answers))) return;
    for (const { check, answer, setAside } of answers) {
      this.#broken.delete(check.id);
      this.#due.finish(check);
      if (setAside) this.counts.deadLetters++;
      if ("error" in answer && !setAside) this.#retry(check);
      else this.#options.finished(check);
    }
    const done = new Set(answers.map(({ check }) => check));
    for (const { check } of outcomes) if (!done.has(check)) this.#giveBack(check);
  }

  /** What came of each: what a reply leaves out is asked for alone, and a batch that fails whole is halved. */
  async #ask(checks: readonly DueCheck[]): Promise<Outcome[]> {
    const { target, now } = this.#options;
    if (this.#pace.heldFor(now()) > 0) return checks.map((check) => ({ check }));
    let answers: readonly Answer[];
    try {
      answers = await target.evaluate(checks);
    } catch (e) {
      return this.#failed(checks, e);
    }
    this.#pace.well();
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    const all: Outcome[] = [];
    for (const check of checks) {
      const answer = byId.get(check.id);
      if (answer) all.push({ check, answer });
      else if (checks.length === 1) all.push({ check, answer: { id: check.id, error: UNANSWERED } });
      else all.push(...(await this.#ask([check])));
    }
    return all;
  }

  async #failed(checks: readonly DueCheck[], e: unknown): Promise<Outcome[]> {
    const { logger, now } = this.#options;
    const untried = () => checks.map((check) => ({ check }));
    if (this.#isStopping) return untried();
    const [check] = checks;
    const alone = checks.length === 1;
    const broken = isFault(e, "dispatch-broken");
    logger.warn({ checks: checks.length, err: sayError(e) }, "a batch failed whole");
    if (isFault(e, "dispatch-unavailable") || (alone && broken && !this.#broken.has(check!.id))) {
      if (broken) this.#broken.add(check!.id);
      this.#pace.hold(now(), Number((e as RoundsmanError).details.retryAfter ?? 0));
      return untried();
    }
    if (alone) {
      const error: Cause = { code: isFault(e) ? e.code : "dispatch-failed", message: sayError(e) };
      return [{ check: check!, answer: { id: check!.id, error }, isRefused: isFault(e) && !e.retry }];
    }
    const half = Math.ceil(checks.length / 2);
    return [...(await this.#ask(checks.slice(0, half))), ...(await this.#ask(checks.slice(half)))];
  }

  /** It was not tried: it waits again, unless a later one of its key came. */
  #giveBack(check: DueCheck): void {
    const isOutdated = this.#due.isOutdated(check);
    this.#due.finish(check);
    if (isOutdated) this.#options.finished(check);
    else if (this.#elsewhere) this.#elsewhere(check);
    else this.#due.put(check);
  }

  /** What was broken off is tried again, later and later, unless the key has changed since. */
  #retry(check: DueCheck): void {
    if (this.#due.isOutdated(check)) return this.#options.finished(check);
    this.counts.retried++;
    if (this.#elsewhere) return this.#elsewhere({ ...check, tries: check.tries + 1 });
    const timer = setTimeout(() => {
      this.#retries.delete(check.key);
      this.put({ ...check, tries: check.tries + 1 });
      this.pump();
    }, this.#options.retries[check.tries]);
    this.#retries.set(check.key, { check, timer });
  }

  #outdate(before: DueCheck | undefined, key: string): void {
    if (before) this.#options.finished(before);
    const retry = this.#retries.get(key);
    if (!retry) return;
    clearTimeout(retry.timer);
    this.#retries.delete(key);
    this.#options.finished(retry.check);
  }
}
