import { letterId, readLetter } from "#broker/dead-letter/record.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { TOPICS } from "#broker/topics.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Replayed } from "./letters.ts";

/** Counts what is set aside, by the topic that it was of; for metrics. */
export class Shelf {
  readonly #log: Log;
  readonly #letters = new Map<number, string>();
  readonly #seen = new Set<string>();
  readonly #counts = new Map<string, number>(Object.keys(TOPICS).map((topic) => [topic, 0]));
  #subscription: Subscription | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#subscription = this.#log.subscribe({ topic: "dead-letters" }, (records) => {
      for (const record of records) this.#take(record);
    });
    await this.#subscription.caughtUp;
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  /** Per topic: set aside so far, as far as the log goes back. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Per topic: not replayed. */
  get waiting(): ReadonlyMap<string, number> {
    const waiting = new Map<string, number>(Object.keys(TOPICS).map((topic) => [topic, 0]));
    for (const topic of this.#letters.values()) waiting.set(topic, (waiting.get(topic) ?? 0) + 1);
    return waiting;
  }

  #take(record: LogRecord): void {
    const { headers, value, offset } = record;
    if (headers.ce_type === TYPES.replayed && value !== null) {
      this.#letters.delete((parseJson(value) as Replayed).letter);
      return;
    }
    const letter = readLetter(record);
    if (!letter || this.#seen.has(letterId(letter))) return;
    this.#seen.add(letterId(letter));
    const { topic } = letter.record;
    this.#letters.set(offset, topic);
    this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + 1);
  }
}
