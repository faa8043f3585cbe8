import { setTimeout as wait } from "node:timers/promises";
import { deadLetterRecord } from "#broker/dead-letter/record.ts";
import { type DueCheck, DueSet } from "#broker/dispatch/due-set.ts";
import type { Log, LogRecord, NewRecord, Subscription } from "#broker/log/log.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { Check, Verdict } from "#sdk/terms.ts";

/** What runs checks: threads of this process, or functions over HTTP. */
export interface Target {
  /** An answer to each, in any order; it does not reject for what one check does. */
  evaluate(checks: readonly { readonly id: string; readonly text: string }[]): Promise<readonly Answer[]>;
}
export type Answer =
  | { readonly id: string; readonly verdict: string }
  | { readonly id: string; readonly error: { readonly code: string; readonly message: string } };

export interface DispatcherOptions {
  readonly log: Log;
  readonly target: Target;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Checks per batch. Default 50. */
  readonly batch?: number;
  /** Characters per batch, about. Default 256 Ki. */
  readonly batchSize?: number;
  /** Batches in flight. Default 2. */
  readonly flights?: number;
  /** ms before the second, third, … try of a check whose run was broken off. After the last it is set aside. */
  readonly retries?: readonly number[];
}

/** ms. Five tries in all. */
export const RETRIES = [1_000, 5_000, 30_000, 120_000];
const UNANSWERED = { code: "dispatch-unanswered", message: "the batch's reply did not answer it" } as const;

/** Brings checks to what runs them, and their verdicts to the log. */
export class Dispatcher {
  readonly #options: Required<DispatcherOptions>;
  readonly #due = new DueSet();
  /** Per key: the one of it that is to be tried again. */
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #subscription: Subscription | undefined;
  #flights = new Set<Promise<void>>();
  #isStopping = false;
  /** Counts since the start. */
  readonly counts = { checks: 0, batches: 0, retried: 0, deadLetters: 0 };

  constructor(options: DispatcherOptions) {
    this.#options = { batch: 50, batchSize: 256 * 1024, flights: 2, retries: RETRIES, ...options };
  }

  start(): void {
    this.#subscription = this.#options.log.subscribe({ topic: "checks" }, (records) => this.#take(records));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#subscription?.close();
    for (const timer of this.#retries.values()) clearTimeout(timer);
    await Promise.allSettled([...this.#flights]);
  }

  /** Ends with what broke the subscription. */
  get done(): Promise<void> {
    return this.#subscription!.done;
  }

  get waiting(): number {
    return this.#due.waiting;
  }

  has(key: string, id: string): boolean {
    return this.#due.has(key, id);
  }

  #take(records: readonly LogRecord[]): void {
    for (const { key, headers, value, time } of records) {
      clearTimeout(this.#retries.get(key));
      this.#retries.delete(key);
      if (value === null) this.#due.remove(key);
      else this.#due.put({ key, id: headers.ce_id!, text: value, at: time, tries: 0 });
    }
    this.#pump();
  }

  #pump(): void {
    const { batch, batchSize, flights } = this.#options;
    while (!this.#isStopping && this.#flights.size < flights && this.#due.waiting > 0) {
      const flight = this.#fly(this.#due.take(batch, batchSize)).finally(() => {
        this.#flights.delete(flight);
        this.#pump();
      });
      this.#flights.add(flight);
    }
  }

  async #fly(checks: readonly DueCheck[]): Promise<void> {
    this.counts.batches++;
    this.counts.checks += checks.length;
    const answers = await this.#evaluate(checks);
    if (this.#isStopping && answers.some((answer) => "error" in answer)) return;
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    const pairs = checks.map((check) => [check, byId.get(check.id)!] as const);
    await this.#append(pairs.flatMap(([check, answer]) => this.#records(check, answer)));
    for (const [check, answer] of pairs) {
      if ("error" in answer) this.#retry(check);
      this.#due.finish(check);
    }
  }

  /** An answer to each: what a reply leaves out is asked for alone, and a batch that fails whole is halved. */
  async #evaluate(checks: readonly DueCheck[]): Promise<Answer[]> {
    const { target, logger } = this.#options;
    const alone = checks.length === 1;
    let answers: readonly Answer[];
    try {
      answers = await target.evaluate(checks);
    } catch (e) {
      if (!this.#isStopping) logger.error({ checks: checks.length, err: sayError(e) }, "a batch failed whole");
      if (alone || this.#isStopping)
        return checks.map(({ id }) => ({ id, error: { code: "dispatch-failed", message: sayError(e) } }));
      const half = Math.ceil(checks.length / 2);
      return [...(await this.#evaluate(checks.slice(0, half))), ...(await this.#evaluate(checks.slice(half)))];
    }
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    const all: Answer[] = [];
    for (const check of checks) {
      const answer = byId.get(check.id);
      if (answer) all.push(answer);
      else if (alone) all.push({ id: check.id, error: UNANSWERED });
      else all.push(...(await this.#evaluate([check])));
    }
    return all;
  }

  #records(check: DueCheck, answer: Answer): NewRecord[] {
    const late = Math.max(0, this.#options.clock.now() - check.at);
    // The verdict is a JSON object already: what only the dispatcher knows is put in before its last brace.
    const text = "verdict" in answer ? answer.verdict : JSON.stringify(failed(check, answer.error));
    const dataText = `${text.slice(0, -1)},"late":${Math.round(late)}}`;
    const { cluster, instance, key } = parseKey(check.key);
    const verdict = recordOf({
      topic: "verdicts",
      key: [cluster, instance, key],
      type: TYPES.verdict,
      id: check.id,
      source: `/clusters/${cluster}/dispatcher`,
      dataText,
    });
    if (!("error" in answer) || check.tries < this.#options.retries.length) return [verdict];
    this.counts.deadLetters++;
    const record = { topic: "checks", key: check.key, headers: {}, value: check.text };
    return [
      verdict,
      deadLetterRecord({ record, partition: 0, offset: check.at, cause: answer.error, tries: check.tries + 1 }),
    ];
  }

  /** What was broken off is tried again, later and later, unless the key has changed since. */
  #retry(check: DueCheck): void {
    const after = this.#options.retries[check.tries];
    if (after === undefined || this.#due.isOutdated(check)) return;
    this.counts.retried++;
    const timer = setTimeout(() => {
      this.#retries.delete(check.key);
      this.#due.put({ ...check, tries: check.tries + 1 });
      this.#pump();
    }, after);
    this.#retries.set(check.key, timer);
  }

  /** Appends until it is accepted: a verdict that was worked out is not thrown away because the disk is full. */
  async #append(records: readonly NewRecord[]): Promise<void> {
    for (let pause = 100; ; pause = Math.min(pause * 2, 5_000)) {
      try {
        await this.#options.log.append(records);
        return;
      } catch (e) {
        if (this.#isStopping || isFault(e, "log-closed")) return;
        this.#options.logger.error({ err: sayError(e) }, "verdicts cannot be written; trying again");
        await wait(pause);
      }
    }
  }
}

const parseKey = (key: string) => {
  const [cluster, instance, own] = parseJson(key) as [string, string, Check["key"]];
  return { cluster, instance, key: own };
};

function failed(check: DueCheck, error: { code: string; message: string }): Verdict {
  const { id, cluster, case: name, instance, key, stamp } = parseJson(check.text) as Check;
  const message = `${name} under key ${JSON.stringify(key)} ${error.message}`;
  return {
    id,
    cluster,
    case: name,
    instance,
    key,
    stamp,
    outcome: "error",
    problems: [],
    error: { code: error.code, message },
  };
}
