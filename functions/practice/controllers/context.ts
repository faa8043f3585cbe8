import { type Client, createClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { Random } from "../random.ts";
import type { Change } from "../store/objects.ts";
import { isApiError } from "../store/status.ts";
import type { Store } from "../store/store.ts";
import { createReconciler, type Reconciler } from "./reconciler.ts";

/** What everybody who acts in the cluster is given. */
export interface ControllerContext {
  readonly store: Store;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** Takes what went wrong in a controller. */
  readonly report: (error: unknown) => void;
  /** Calls for every change of these resources, by id. */
  on(resources: readonly string[], listener: (change: Change) => void): void;
  /** A work list whose keys are names that the caller makes up. */
  work(reconcile: (key: string) => void, delay?: number): Reconciler;
}

export function createContext(store: Store, report: (error: unknown) => void): ControllerContext {
  const listeners = new Map<string, ((change: Change) => void)[]>();
  store.objects.subscribe((change) => {
    for (const listener of listeners.get(change.resource) ?? []) listener(change);
  });
  /** What goes wrong in a timer must not end the process; what the API refuses, the next beat tries again. */
  const guarded = (run: () => void) => () => {
    try {
      run();
    } catch (error) {
      if (!isApiError(error)) report(error);
    }
  };
  return {
    store,
    client: createClient(store),
    clock: { now: () => store.clock.now(), after: (ms, run) => store.clock.after(ms, guarded(run)) },
    random: store.random,
    report,
    on(resources, listener) {
      for (const resource of resources) listeners.set(resource, [...(listeners.get(resource) ?? []), listener]);
    },
    work: (reconcile, delay) =>
      createReconciler({ clock: store.clock, reconcile, report, ...(delay !== undefined && { delay }) }),
  };
}
