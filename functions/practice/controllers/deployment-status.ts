import type { Obj } from "../client.ts";
import { timestamp } from "../clock.ts";

type Deployment = Obj<"apps/v1/Deployment">;
type ReplicaSet = Obj<"apps/v1/ReplicaSet">;
type Status = NonNullable<Deployment["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

const sum = (sets: readonly ReplicaSet[], read: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((total, set) => total + (read(set) ?? 0), 0);

interface Next {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Progress moves a condition's time of update, a new status its time of transition. */
function withCondition(conditions: readonly Condition[], next: Next, progressed: boolean, now: number): Condition[] {
  const known = conditions.find(({ type }) => type === next.type);
  const same = known?.status === next.status && known.reason === next.reason;
  const condition = {
    ...next,
    lastUpdateTime: same && !progressed && known.lastUpdateTime ? known.lastUpdateTime : timestamp(now),
    lastTransitionTime:
      known?.status === next.status && known.lastTransitionTime ? known.lastTransitionTime : timestamp(now),
  } as Condition;
  return known ? conditions.map((one) => (one === known ? condition : one)) : [...conditions, condition];
}

/** What a Deployment says of its progress. */
function progress(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  counts: Status,
  progressed: boolean,
  now: number,
): Next {
  const known = deployment.status?.conditions?.find(({ type }) => type === "Progressing");
  const wanted = deployment.spec.replicas ?? 1;
  const named = `ReplicaSet "${fresh?.metadata.name ?? deployment.metadata.name}"`;
  const complete =
    (counts.updatedReplicas ?? 0) === wanted &&
    (counts.replicas ?? 0) === wanted &&
    (counts.availableReplicas ?? 0) === wanted;
  const settled =
    known?.reason === "NewReplicaSetAvailable" &&
    (counts.updatedReplicas ?? 0) === wanted &&
    (counts.replicas ?? 0) === wanted;
  if (deployment.spec.paused)
    return { type: "Progressing", status: "Unknown", reason: "DeploymentPaused", message: "Deployment is paused" };
  if (complete || settled)
    return {
      type: "Progressing",
      status: "True",
      reason: "NewReplicaSetAvailable",
      message: `${named} has successfully progressed.`,
    };
  const deadline = (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
  const since = known?.lastUpdateTime === undefined ? now : Date.parse(String(known.lastUpdateTime));
  const late =
    known?.reason === "ProgressDeadlineExceeded" ||
    (known?.reason !== "NewReplicaSetAvailable" && now - since > deadline);
  if (late && !progressed)
    return {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: `${named} has timed out progressing.`,
    };
  return { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: `${named} is progressing.` };
}

/** A Deployment's status from its ReplicaSets. */
export function deploymentStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
  maxUnavailable: number,
  now: number,
): Status {
  const wanted = deployment.spec.replicas ?? 1;
  const before = deployment.status ?? {};
  const replicas = sum(sets, (set) => set.status?.replicas);
  const available = sum(sets, (set) => set.status?.availableReplicas);
  const updated = fresh?.status?.replicas ?? 0;
  const ready = sum(sets, (set) => set.status?.readyReplicas);
  const unavailable = Math.max(0, sum(sets, (set) => set.spec.replicas) - available);
  const counts: Status = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...(replicas > 0 && { replicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    ...(unavailable > 0 && { unavailableReplicas: unavailable }),
  };
  const progressed =
    updated > (before.updatedReplicas ?? 0) ||
    ready > (before.readyReplicas ?? 0) ||
    available > (before.availableReplicas ?? 0);
  const enough = available >= wanted - maxUnavailable;
  const availability: Next = enough
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
  const conditions = withCondition(before.conditions ?? [], availability, false, now);
  return {
    ...counts,
    conditions: withCondition(conditions, progress(deployment, fresh, counts, progressed, now), progressed, now),
  };
}
