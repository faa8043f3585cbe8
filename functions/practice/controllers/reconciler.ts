import type { Cancel, Clock } from "../clock.ts";
import { isApiError } from "../store/status.ts";

/** Brings one thing at a time from what is to what is wanted, however often it is told to. */
export interface Reconciler {
  enqueue(key: string, afterMs?: number): void;
}

export interface ReconcilerOptions {
  readonly clock: Clock;
  /** Must look at the world anew each time: it is told where, not what. */
  readonly reconcile: (key: string) => void;
  /** Takes what a reconcile threw; the others go on. What the API refused is tried again instead. */
  readonly report: (error: unknown) => void;
  /** ms that pass before it acts: what a real controller's queue and round trips take. Default 20. */
  readonly delay?: number;
}

/** ms until what the API refused is tried again: a namespace on its way out, an object that somebody spoilt. */
const RETRY = 2_000;

export function createReconciler({ clock, reconcile, report, delay = 20 }: ReconcilerOptions): Reconciler {
  const due = new Set<string>();
  const later = new Map<string, Cancel>();
  let scheduled = false;

  const drain = () => {
    scheduled = false;
    const keys = [...due];
    due.clear();
    for (const key of keys) {
      try {
        reconcile(key);
      } catch (error) {
        if (isApiError(error)) enqueueLater(key, RETRY);
        else report(error);
      }
    }
  };

  const enqueue = (key: string) => {
    due.add(key);
    if (scheduled) return;
    scheduled = true;
    clock.after(delay, drain);
  };

  const enqueueLater = (key: string, ms: number) => {
    const wake = () => {
      later.delete(key);
      enqueue(key);
    };
    later.get(key)?.();
    later.set(key, clock.after(ms, wake));
  };

  return { enqueue: (key, afterMs = 0) => (afterMs > 0 ? enqueueLater(key, afterMs) : enqueue(key)) };
}
