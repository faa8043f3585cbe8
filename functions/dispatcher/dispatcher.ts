import { setTimeout as wait } from "node:timers/promises";
import { type Answered, Lane } from "#broker/dispatch/lane.ts";
import { LowWater } from "#broker/dispatch/low-water.ts";
import type { Target } from "#broker/dispatch/target.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
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
}

/** ms. Five tries in all. */
export const RETRIES = [1_000, 5_000, 30_000, 120_000];
/** ms between two commits: what is lost of them is only done again. */
const COMMITS = 200;

/** Brings checks to what runs them, and their verdicts to the log. It holds no state but what the group has not committed. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes: readonly { readonly cases: readonly string[]; readonly lane: Lane }[];
  readonly #lowWater = new LowWater();
  /** Which lane a case goes by. */
  readonly #ways = new Map<string, Lane | undefined>();
  #subscription: Subscription | undefined;
  #committing: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { logger, clock, batch = 50, batchSize = 256 * 1024, retries = RETRIES } = options;
    this.#lanes = options.routes.map(({ cases, target, flights = 2, eager = flights }) => ({
      cases,
      lane: new Lane({
        ...{ target, logger, batch, batchSize, flights, eager, retries },
        now: () => clock.monotonic(),
        answered: (answers) => this.#write(answers),
        finished: ({ partition, offset }) => this.#lowWater.end(partition, offset),
      }),
    }));
  }

  start(): void {
    const { log, group } = this.#options;
    const of = group === undefined ? { topic: "checks" } : { topic: "checks", group };
    this.#subscription = log.subscribe(of, (records) => this.#take(records));
    if (group !== undefined) this.#committing = setInterval(() => void this.#commit(), COMMITS);
  }

  /** What is in flight is answered; what waits is another's to do, or one's own after the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes.map(({ lane }) => lane.stop()));
    clearInterval(this.#committing);
    await this.#commit();
    await this.#subscription?.close();
  }

  /** Ends with what broke the subscription. */
  get done(): Promise<void> {
    return this.#subscription!.done;
  }

  get waiting(): number {
    return this.#lanes.reduce((sum, { lane }) => sum + lane.waiting, 0);
  }

  /** Counts since the start. */
  get counts() {
    const sum = { checks: 0, batches: 0, retried: 0, deadLetters: 0 };
    for (const { lane } of this.#lanes)
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += lane.counts[name];
    return sum;
  }

  has(key: string, id: string): boolean {
    return this.#lanes.some(({ lane }) => lane.has(key, id));
  }

  #take(records: readonly LogRecord[]): void {
    if (this.#isStopping) return;
    const touched = new Set<Lane>();
    for (const { key, headers, value, time, partition, offset } of records) {
      const lane = this.#laneOf(key);
      // Also of what is not to be run: what comes after it may be done sooner than what came before.
      this.#lowWater.begin(partition, offset);
      if (lane && value !== null) {
        lane.put({ key, id: headers.ce_id!, text: value, at: time, tries: 0, partition, offset });
        touched.add(lane);
        continue;
      }
      lane?.remove(key);
      this.#lowWater.end(partition, offset);
    }
    for (const lane of touched) lane.pump();
  }

  #laneOf(key: string): Lane | undefined {
    const { instance } = parseKey(key);
    if (this.#ways.has(instance)) return this.#ways.get(instance);
    const [name] = instance.split("@") as [string];
    const lane = this.#lanes.find(({ cases }) => cases.some((glob) => matchesGlob(glob, name)))?.lane;
    // It stays unanswered, and so the watcher says.
    if (!lane)
      this.#options.logger.error({ case: name }, "no route leads to what runs this case: its checks are left out");
    this.#ways.set(instance, lane);
    return lane;
  }

  /** Until it is accepted: a verdict that was worked out is not thrown away because the disk is full. */
  async #write(answers: readonly Answered[]): Promise<boolean> {
    const { log, clock, logger } = this.#options;
    const now = clock.now();
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

  async #commit(): Promise<void> {
    const { group, logger } = this.#options;
    if (group === undefined || this.#subscription === undefined) return;
    const commits = this.#lowWater.risen().map(async ([partition, offset]) => {
      try {
        await this.#subscription!.commit(partition, offset);
      } catch (e) {
        if (!isFault(e, "log-partition-lost"))
          return logger.warn({ err: sayError(e) }, "what is done cannot be committed");
        this.#lowWater.forget(partition);
        for (const { lane } of this.#lanes) lane.drop(partition);
      }
    });
    await Promise.all(commits);
  }
}
