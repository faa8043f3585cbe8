import { setTimeout as pause } from "node:timers/promises";
import { fault, isFault } from "#sdk/errors.ts";
import { isPassing, refusal } from "./kafka-fault.ts";
import type { Doing, Trouble } from "./trouble.ts";

export interface PersistParts {
  readonly trouble: Trouble;
  readonly doing: Doing;
  /** Whom it concerns, for errors. */
  readonly topic: string;
  readonly signal: AbortSignal;
}

const [FIRST, LAST] = [50, 1_000];

/**
 * Does it until it works. Throws what no waiting mends, and `log-closed` once the signal says so.
 */
export async function persist<T>({ trouble, doing, topic, signal }: PersistParts, what: () => Promise<T>): Promise<T> {
  const self = {};
  try {
    for (let wait = FIRST; ; wait = Math.min(LAST, wait * 2)) {
      if (signal.aborted) throw fault("log-closed", {});
      try {
        return await what();
      } catch (e) {
        if (signal.aborted && !isFault(e)) throw fault("log-closed", {}, e);
        if (!isPassing(e)) throw refusal(topic, e);
        trouble.met(doing, e, self);
      }
      await pause(wait, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    trouble.over(doing, self);
  }
}
