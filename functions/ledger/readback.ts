import type { LogRecord } from "#broker/log/log.ts";

/** The header of what a ledger writes that has claimed a term: which. Others' readers do not look at it. */
export const TERM = "roundsman-term";

/** What a ledger reads of topics that it alone writes. */
export type ReadBack =
  /** Its own, or from before it read all there was. */
  | "own"
  /** From one that was in charge before and did not know that it is not any more: what it overwrote is written again. */
  | "stray"
  /** Another is in charge: this one must stop. */
  | "overtaken";

/** Without a header: from a version before, or from one that claims no term. */
export function readBack({ headers }: Pick<LogRecord, "headers">, term: number): ReadBack {
  const its = Number(headers[TERM] ?? 0);
  if (its === term) return "own";
  return its > term ? "overtaken" : "stray";
}
