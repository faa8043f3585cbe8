import { setTimeout as pause } from "node:timers/promises";
import type { Log, LogRecord } from "#broker/log/log.ts";

/** Keys in use at once, over all partitions. */
const KEYS = 12;

/** Appends numbered records of several keys for as long as it is let, and knows which were acknowledged. */
export class Load {
  readonly topic: string;
  readonly #log: Log;
  readonly #acknowledged = new Set<string>();
  readonly #failures: unknown[] = [];
  readonly #open = new Set<Promise<unknown>>();
  readonly #running: Promise<void>;
  #next = 0;
  #isStopped = false;

  constructor(log: Log, topic: string) {
    this.#log = log;
    this.topic = topic;
    this.#running = this.#run();
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** Waits for every answer; returns what was acknowledged. Throws where an append was refused. */
  async stop(): Promise<ReadonlySet<string>> {
    this.#isStopped = true;
    await this.#running;
    await Promise.all(this.#open);
    if (this.#failures.length > 0) throw this.#failures[0];
    return this.#acknowledged;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      // What waits while Kafka takes nothing stays bounded.
      if (this.#open.size < 200) this.#append();
      await pause(5);
    }
  }

  #append(): void {
    const values = Array.from({ length: KEYS }, () => String(this.#next++));
    const appended = this.#log
      .append(values.map((value) => ({ topic: this.topic, key: keyOf(Number(value)), headers: {}, value })))
      .then(
        () => values.forEach((value) => void this.#acknowledged.add(value)),
        (e) => void this.#failures.push(e),
      )
      .finally(() => this.#open.delete(appended));
    this.#open.add(appended);
  }
}

const keyOf = (number: number): string => JSON.stringify([`key-${number % KEYS}`]);

/** How often a later record of a key stands before an earlier one; repeated ones count too. */
export const disorders = (records: readonly LogRecord[]): number => {
  const last = new Map<string, number>();
  let count = 0;
  for (const { key, value } of records) {
    const number = Number(value);
    if (number <= (last.get(key) ?? -1)) count += 1;
    last.set(key, number);
  }
  return count;
};

/** Those of `wanted` that are not among the records. */
export const missing = (wanted: Iterable<string>, records: readonly LogRecord[]): string[] => {
  const there = new Set(records.map(({ value }) => value));
  return [...wanted].filter((value) => !there.has(value));
};
