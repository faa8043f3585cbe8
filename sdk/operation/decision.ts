import type { Target } from "./request.ts";

/** What a budget counts over. They nest: all that hold a request must agree. */
export const SCOPES = ["fleet", "cluster", "zone", "pool", "namespace", "owner", "actor", "target"] as const;
/** Those that have a size, so that a share of it can be told. */
export const SIZED: readonly ScopeName[] = ["fleet", "cluster", "zone", "pool", "namespace"];
export type ScopeName = (typeof SCOPES)[number];

/** One scope, such as pool `gpu` of cluster `eu-1`: the names that lead to it, outermost first. Of the fleet there are none. */
export interface ScopeOf {
  readonly scope: ScopeName;
  readonly names: readonly string[];
}

/** Why not. Each stands for one thing that a person can look at. */
export type ReasonCode =
  /** The fold's new version is not known here. */
  | "newer-version"
  /** The log is not durable. */
  | "not-durable"
  /** The journal is new, was not found or has a hole: nobody has said `defender init` since. */
  | "not-initialised"
  /** The id was used with other content. */
  | "id-reused"
  /** It became due too long ago, or before ids that were forgotten. */
  | "too-old"
  | "sender-clock"
  | "executor-silent"
  | "executor-clock"
  | "brake"
  | "freeze"
  | "outside-maintenance"
  | "calendar-ended"
  | "trust"
  /** The cluster has not been heard of. */
  | "cluster-silent"
  /** The view of a kind is old, or there is none. */
  | "view-stale"
  /** So many leases are stale that the view itself is doubted. */
  | "doubt"
  | "size-unknown"
  | "unhealthy"
  | "cooling-down"
  | "latched"
  | "in-flight"
  | "spent"
  /** Of a window longer than any before, not all is known yet. */
  | "history"
  /** A person must say yes first. */
  | "approval";

/** One reason why not, for programs; `sayReason` makes a sentence of it. */
export interface Reason {
  readonly code: ReasonCode;
  /** The budget's name. */
  readonly budget?: string;
  readonly in?: ScopeOf;
  /** ms */
  readonly window?: number;
  readonly limit?: number;
  readonly used?: number;
  readonly remains?: number;
  /** The brake's, which its release names. */
  readonly number?: number;
  /** Unix ms by the defender's clock: when it passes by itself. Left out where nobody knows. */
  readonly until?: number;
  /** Who may override. */
  readonly override?: string;
  /** What else there is to know: who pulled the brake and why, which kind is stale. */
  readonly detail?: string;
}

/** The one permission: what may be done, once, until when. */
export interface Grant {
  /** Rises with every grant of the domain. */
  readonly fence: number;
  /** Unix ms, UTC: nothing may begin after it. */
  readonly notAfter: number;
}

export type DecisionOutcome = "granted" | "denied" | "waiting";

/** The defender's answer. One request id has one, however often it is asked. */
export interface Decision {
  readonly id: string;
  readonly matter: string;
  readonly outcome: DecisionOutcome;
  /** Offset of the request that was decided. */
  readonly offset: number;
  /** Unix ms by the defender's clock. */
  readonly time: number;
  readonly operation: string;
  readonly cluster: string;
  readonly target: Target;
  readonly actor: string;
  readonly grant?: Grant;
  /** Every reason, not only the first. Empty when granted. */
  readonly reasons: readonly Reason[];
  /** When all reasons will have passed by themselves, where that is known. */
  readonly retryAt?: number;
}
