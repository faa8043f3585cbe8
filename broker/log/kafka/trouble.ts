import { fault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";

/** What does not work at present. */
export type Doing = "append" | "read" | "group" | "start" | "trim";

export type WarnOf = (warning: RoundsmanError) => void;

export interface TroubleOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** Where Kafka is, as configured. */
  readonly brokers: string;
  readonly warn: WarnOf;
}

interface Known {
  readonly since: number;
  said: number;
  error: unknown;
  /** Whoever met it and is not through: what works for others is no sign that it works for them. */
  readonly who: Set<object>;
}

/** Trouble that is over sooner is not worth a word: a leader that moves. */
const PATIENCE = 3_000;
const AGAIN = 30_000;

/** Trouble with Kafka that passes: nothing is lost by it, all waits, and someone is told. */
export class Trouble {
  readonly #options: TroubleOptions;
  readonly #known = new Map<Doing, Known>();

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** What is the matter now, the longest first. Undefined = nothing that has lasted. */
  get now(): RoundsmanError | undefined {
    const at = this.#options.clock.monotonic();
    for (const [doing, { since, error }] of this.#known)
      if (at - since >= PATIENCE) return this.#say(doing, since, error);
    return undefined;
  }

  met(doing: Doing, error: unknown, who: object): void {
    const at = this.#options.clock.monotonic();
    const known = this.#known.get(doing) ?? { since: at, said: Number.NEGATIVE_INFINITY, error, who: new Set() };
    known.error = error;
    known.who.add(who);
    this.#known.set(doing, known);
    if (at - known.since < PATIENCE || at - known.said < AGAIN) return;
    known.said = at;
    this.#options.warn(this.#say(doing, known.since, error));
  }

  /** It works again for that one, or that one is gone. */
  over(doing: Doing, who: object): void {
    const known = this.#known.get(doing);
    known?.who.delete(who);
    if (known?.who.size === 0) this.#known.delete(doing);
  }

  #say(doing: Doing, since: number, error: unknown): RoundsmanError {
    const seconds = Math.round((this.#options.clock.monotonic() - since) / 1000);
    return fault(
      "log-kafka-unreachable",
      { brokers: this.#options.brokers, doing, seconds, what: sayError(error) },
      error,
    );
  }
}
