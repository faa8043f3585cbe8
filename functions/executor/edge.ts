/** Where the executor touches the world. Each of these may fail, hang, or be the last thing a process did. */
import type { Granted } from "#sdk/operation/granted.ts";
import type { Failed, Started, Succeeded, Undone } from "#sdk/operation/outcome.ts";
import type { Catalog } from "./catalog.ts";
import type { Hands } from "./hands.ts";
import type { Jobs } from "./jobs.ts";
import type { Limits } from "./state.ts";

/** What is written to topic `remedies`. */
export type Report =
  | { readonly what: "started"; readonly data: Started }
  | { readonly what: "succeeded"; readonly data: Succeeded }
  | { readonly what: "failed"; readonly data: Failed }
  | { readonly what: "undone"; readonly data: Undone };

export interface Edge {
  readonly cluster: string;
  /** This process: no two have one name, not even two lives of one pod. */
  readonly executor: string;
  readonly jobs: Jobs;
  readonly hands: Hands;
  readonly catalog: Catalog;
  readonly limits: Limits;
  readonly clock: { now(): number };
  /** Resolves early when the executor stops. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
  /** Why nothing may be done to this target now, or undefined. */
  readonly brake: (granted: Granted) => Promise<string | undefined>;
  /**
   * Held on the way from reading to `Acting`. Were there no bound, each step of a grant would wait behind those of all others:
   * in a storm all would run out before the first is begun, and what was let pass by the brake would be done long after it.
   */
  readonly beginning: <T>(work: () => Promise<T>) => Promise<T>;
  /** Durable when it resolves. One report has one id, however often it is told. */
  readonly report: (report: Report) => Promise<void>;
  readonly warn: (details: object, message: string) => void;
}
