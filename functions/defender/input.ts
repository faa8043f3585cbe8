import type { ScopeOf } from "#sdk/operation/decision.ts";
import type { ExecutorClock, Heartbeat, Sizes } from "#sdk/operation/reports.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Config } from "./config.ts";

/** Who said it, as known by its token, and why. */
interface Said {
  readonly by: string;
  readonly reason: string;
}

/** All that the defender goes by. What is not in the log has no part in a decision. */
export type Input =
  /**
   * A process begins to write. `durable`: the log keeps what it has confirmed. Where several write one log also: the
   * newest version of the fold that it knows, and the last offset that it has folded.
   */
  | { readonly kind: "start"; readonly durable: boolean; readonly knows?: number; readonly after?: number }
  /** Only time passes. */
  | { readonly kind: "tick" }
  /** A person answers for the past: the journal that is new, was lost or has a hole may be used. */
  | ({ readonly kind: "init" } & Said)
  /** Budgets, trust, calendars, settings: the whole set, in place of the one before. */
  | { readonly kind: "config"; readonly config: Config; readonly by: string }
  | { readonly kind: "request"; readonly request: OperationRequest }
  /** How an operation ended; `expired` = it was never begun. */
  | {
      readonly kind: "outcome";
      readonly fence: number;
      readonly outcome: "succeeded" | "failed" | "expired";
      readonly by: string;
    }
  /** Nothing is granted in the scope from here on. */
  | ({ readonly kind: "brake"; readonly in: ScopeOf } & Said)
  /** Lets go. Names the brake that it means (the offset at which it was pulled), so that it never lets go of a later one. */
  | ({ readonly kind: "release"; readonly in: ScopeOf; readonly brake: number } & Said)
  /** Opens a latch. The window that was full stays full until it passes. */
  | ({ readonly kind: "reset"; readonly budget: string; readonly in: ScopeOf } & Said)
  /** A person's yes to a dangerous operation, until a moment. */
  | ({ readonly kind: "approve"; readonly matter: string; readonly operation: string; readonly until: number } & Said)
  | ({ readonly kind: "heartbeat" } & Heartbeat)
  | ({ readonly kind: "sizes" } & Sizes)
  | ({ readonly kind: "executor" } & ExecutorClock)
  /** From here on another version of the fold counts. */
  | { readonly kind: "version"; readonly version: number };

/** What the one writer of a file log adds to an input: kernel time, wall time, a number without gaps. */
export interface Stamp {
  /** Which run of which machine the ticks belong to. */
  readonly boot: string;
  /** ms of the kernel's monotonic clock. */
  readonly ticks: number;
  /** Unix ms by the clock as it is; it may jump. */
  readonly utc: number;
  /** Counts the journal's inputs: a number that is missing is a record that was lost. */
  readonly count: number;
}

/** What each of several writers of one log adds to an input. */
export interface Sender {
  /** One life of one process; it begins with a `start` of number 0. */
  readonly writer: string;
  /** Counts its inputs: what does not rise was stored twice, what is left out was lost. */
  readonly number: number;
  /** How many of the decisions that it has to tell it has told. */
  readonly told: number;
  /** One past the last decision that it knows to stand in topic `decisions`. */
  readonly end: number;
  /** So long before it wrote this it had, by its monotonic clock, read the log up to this offset. ms */
  readonly since?: readonly [offset: number, ms: number];
}

/** An input where it stands in the log. */
export interface InputRecord {
  readonly offset: number;
  /** The log's append time, unix ms. */
  readonly time: number;
  readonly stamp?: Stamp;
  readonly from?: Sender;
  readonly input: Input;
}
