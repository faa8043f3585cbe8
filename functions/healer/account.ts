/** What was asked, answered and done, of one case and one operation. */
export interface Account {
  readonly case: string;
  readonly operation: string;
  /** Requests that were answered: granted, denied or waiting. */
  asked: number;
  granted: number;
  /** Per code of the first reason. `unanswered` = the defender was not reached, or not believed. */
  readonly denied: Record<string, number>;
  waiting: number;
  succeeded: number;
  /** Per failure. */
  readonly failed: Record<string, number>;
  expired: number;
  observed: number;
  escalated: number;
  /** Faults that went away in the episode in which it succeeded. */
  repaired: number;
  /** ms from raised to resolved, of those together. */
  repairTime: number;
  /** Raised again within an hour of a success. */
  cameBack: number;
}

export const emptyAccount = (name: string, operation: string): Account => ({
  case: name,
  operation,
  asked: 0,
  granted: 0,
  denied: {},
  waiting: 0,
  succeeded: 0,
  failed: {},
  expired: 0,
  observed: 0,
  escalated: 0,
  repaired: 0,
  repairTime: 0,
  cameBack: 0,
});
