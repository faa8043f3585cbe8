import { runBackground } from "./background.ts";
import type { Clock } from "./clock.ts";
import { type Cluster, growUp, HISTORY, runCluster } from "./cluster/cluster.ts";
import { createContext } from "./controllers/context.ts";
import { FAULTS, type Fault } from "./faults/index.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import type { Random } from "./random.ts";
import { runScenario } from "./scenario.ts";
import { type ApiServer, startApiServer } from "./server/server.ts";
import { createStore, type Store } from "./store/store.ts";
import { createTimeline } from "./timeline.ts";

export interface PracticeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Whether faults come and go by themselves. Default true; without them the cluster stays healthy. */
  readonly faults?: boolean;
  /** Whether pods are replaced and versions rolled out meanwhile. Default true. */
  readonly background?: boolean;
  /** Takes what went wrong in the simulation itself. */
  readonly report: (error: unknown) => void;
}

export interface Practice {
  readonly url: string;
  /** For `kubectl --kubeconfig`. */
  readonly kubeconfig: string;
  readonly store: Store;
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly faults: readonly Fault[];
  /** What is wrong at this moment, by the scenario's own doing. */
  standing(): readonly Fault[];
  close(): Promise<void>;
}

/**
 * A lively cluster on loopback, whose faults come and go. It has twelve days behind it when it is first seen, all of
 * them lived through within half a second.
 */
export async function startPractice(options: PracticeOptions): Promise<Practice> {
  const { clock, random, report } = options;
  const timeline = createTimeline(clock.now() - HISTORY);
  const store = createStore({ clock: timeline, random });
  const cluster = runCluster(createContext(store, report));
  growUp(cluster, timeline);
  const server = await startApiServer({
    store,
    report,
    housekeeping: false,
    ...(options.port !== undefined && { port: options.port }),
  });
  // Only now: a cluster that nobody can reach shall not go on by itself.
  timeline.follow(clock);
  if (options.background !== false) runBackground(cluster);
  const scenario = options.faults === false ? undefined : runScenario(cluster, FAULTS);
  return {
    url: server.url,
    kubeconfig: kubeconfigOf(server.url),
    store,
    server,
    cluster,
    faults: FAULTS,
    standing: () => scenario?.standing() ?? [],
    async close() {
      timeline.stop();
      await server.close();
    },
  };
}
