/**
 * A course: what one remedier does about one fault, from its beginning to its end. It is what was asked and what came of it,
 * in order; what is next follows from that alone (`plan.ts`), so it survives every restart.
 */
import type { Failure } from "#sdk/operation/outcome.ts";
import type { Ailment } from "#sdk/operation/remedy.ts";

interface At {
  readonly step: number;
  readonly attempt: number;
  /** Unix ms. */
  readonly at: number;
  readonly operation: string;
  /** What is done as text: operations that are the same are one (`equivalent`). */
  readonly deed: string;
}

export type Entry =
  | (At & { readonly what: "asked" | "observed" | "escalated" | "started" | "succeeded" | "expired" })
  | (At & { readonly what: "denied" | "waiting"; readonly until?: number })
  | (At & { readonly what: "granted"; readonly fence: number; readonly notAfter: number })
  | (At & { readonly what: "failed"; readonly failure: Failure; readonly begun: boolean });

export type What = Entry["what"];

export const courseKey = (fingerprint: string, episode: number, remedier: string): string =>
  `${fingerprint}/${episode}/${remedier}`;

/** Two operations that are the same deed on one target are done once. */
export const deedOf = (operation: string, params: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify([operation, Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))]);

export interface Course {
  readonly ailment: Ailment;
  readonly isOpen: boolean;
  readonly entries: readonly Entry[];
}

/** How far it is. What was only observed is no step; a denial that comes after the next attempt was asked is no news. */
export const lastOf = (entries: readonly Entry[]): Entry | undefined =>
  entries.findLast(
    ({ what, step, attempt }) =>
      what !== "observed" &&
      !(
        (what === "denied" || what === "waiting") &&
        entries.some((one) => one.what !== "observed" && one.step === step && one.attempt > attempt)
      ),
  );

/** A grant whose operation has neither begun nor ended, as far as anybody said. */
export function grantIn(entries: readonly Entry[]): Extract<Entry, { what: "granted" }> | undefined {
  const last = lastOf(entries);
  return last?.what === "granted" ? last : undefined;
}

/** Whether something is asked, granted or under way. */
export function isUnderWay(entries: readonly Entry[]): boolean {
  const what = lastOf(entries)?.what;
  return what === "asked" || what === "granted" || what === "started";
}
