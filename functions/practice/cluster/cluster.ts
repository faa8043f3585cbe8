import type { Named } from "../client.ts";
import type { ControllerContext } from "../controllers/context.ts";
import { runDaemonSets } from "../controllers/daemon-sets.ts";
import { runDeployments } from "../controllers/deployments.ts";
import { runEndpointSlices } from "../controllers/endpoint-slices.ts";
import { createRecorder, type Recorder } from "../controllers/events.ts";
import type { GarbageCollector } from "../controllers/garbage-collector.ts";
import { runHousekeeping } from "../controllers/housekeeping.ts";
import { runCronJobs, runJobs } from "../controllers/jobs.ts";
import { runMetrics } from "../controllers/metrics.ts";
import { runReplicaSets } from "../controllers/replica-sets.ts";
import { runScheduler } from "../controllers/scheduler.ts";
import { runStatefulSets } from "../controllers/stateful-sets.ts";
import { runSteward } from "../controllers/steward.ts";
import { runVolumes } from "../controllers/volumes.ts";
import { type Heartbeats, runHeartbeats } from "../nodes/heartbeats.ts";
import { type Kubelet, runKubelet } from "../nodes/kubelet.ts";
import { MACHINES } from "../nodes/machines.ts";
import { runStaticPods, type StaticPods } from "../nodes/static-pods.ts";
import { EXTENSIONS } from "./extensions.ts";
import { NAMESPACES } from "./namespaces.ts";
import { STORAGE } from "./storage.ts";
import { STATIC_PODS, SYSTEM_OBJECTS } from "./system.ts";
import { WORKLOADS } from "./workloads.ts";

/** The cluster in motion, and the parts of it that a fault may take hold of. */
export interface Cluster extends ControllerContext {
  readonly garbageCollector: GarbageCollector;
  readonly heartbeats: Heartbeats;
  readonly kubelet: Kubelet;
  readonly staticPods: StaticPods;
  readonly record: Recorder;
}

/** Sets everybody to work; the cluster then comes up as its clock moves. */
export function runCluster(context: ControllerContext): Cluster {
  const { garbageCollector } = runHousekeeping(context);
  const record = createRecorder(context);
  runScheduler(context, record);
  const kubelet = runKubelet(context, record);
  runReplicaSets(context, record);
  runDeployments(context, record);
  runStatefulSets(context, record);
  runDaemonSets(context);
  runJobs(context);
  runCronJobs(context);
  runEndpointSlices(context);
  runVolumes(context);
  runMetrics(context, 30_000);
  const heartbeats = runHeartbeats(context, { machines: MACHINES, renewEvery: 2_000 });
  const staticPods = runStaticPods(context);
  for (const pod of STATIC_PODS) staticPods.add(pod);
  runSteward(context, [...NAMESPACES, ...STORAGE, ...SYSTEM_OBJECTS, ...WORKLOADS, ...EXTENSIONS], 2_000);
  return { ...context, garbageCollector, heartbeats, kubelet, staticPods, record };
}

const SECOND = 1_000;
const AGE = 12 * 24 * 60 * 60 * SECOND;
const SETTLING = 60 * SECOND;
/** A third of what is lived through after the jump; in all long enough for the slowest heartbeat. */
const RECENT = 30 * SECOND;

/** How long before now a cluster must begin that shall look as if it had run for days. */
export const HISTORY = SETTLING + AGE + 3 * RECENT;

/** Sets every image of a Deployment to a version: a rollout. */
export function rollOut({ client }: Pick<Cluster, "client">, named: Named, version: string, paused?: boolean): void {
  client.edit("apps/v1/Deployment", named, (draft) => {
    if (paused !== undefined) draft.spec.paused = paused;
    for (const container of draft.spec.template.spec?.containers ?? []) {
      container.image = `${container.image?.split(":")[0]}:${version}`;
    }
  });
}

/** Lets a cluster grow up: it comes together, twelve days pass, and it is as it is on any morning. */
export function growUp(cluster: Cluster, time: { advance(ms: number): void; skip(ms: number): void }): void {
  const { client, kubelet } = cluster;
  time.advance(SETTLING);
  time.skip(AGE);
  time.advance(RECENT);
  // New pods take the addresses of those that ended meanwhile.
  rollOut(cluster, { name: "storefront", namespace: "shop" }, "4.2.1");
  time.advance(RECENT);
  // A rollout that somebody paused half-way, on purpose: nothing is wrong with it.
  rollOut(cluster, { name: "recommendations", namespace: "shop" }, "0.9.0", true);
  // One of ten restarted: too few to speak of.
  const [first] = client.list("v1/Pod", "shop").filter(({ metadata }) => metadata.labels?.app === "storefront");
  if (first) kubelet.restart(first.metadata);
  time.advance(RECENT);
}
