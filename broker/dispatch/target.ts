import type { Headers } from "../log/log.ts";

/** What runs checks: threads of this process, or functions over HTTP. One contract suite holds for both. */
export interface Target {
  /**
   * An answer to each, in any order; what is left out is asked for alone. It does not reject for what one check does, but
   * where nothing can be said of any of them:
   * - `dispatch-unavailable`: it takes nothing for now, and none was tried
   * - a fault that may not be tried again (`retry: false`): one of them is refused
   * - anything else: one of them may be to blame
   */
  evaluate(checks: readonly Asked[]): Promise<readonly Answer[]>;
}

export type Answer =
  /** A verdict's JSON text. */
  | { readonly id: string; readonly verdict: string }
  /** Its run was broken off; the verdict that says so, where there is one already. */
  | { readonly id: string; readonly error: Cause; readonly verdict?: string };

export interface Cause {
  readonly code: string;
  readonly message: string;
}

/** A check that is to be run: its id, its JSON text, and the headers of its record. */
export interface Asked {
  readonly id: string;
  readonly text: string;
  readonly headers?: Headers;
}
