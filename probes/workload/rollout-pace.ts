import { condition } from "#sdk";

interface Pod {
  readonly kind: string;
  readonly metadata: { name: string; creationTimestamp: string; labels?: { [name: string]: string } };
  readonly status?: { conditions?: { type: string; lastTransitionTime?: string }[] };
}

interface StatefulSet {
  readonly kind: "StatefulSet";
  readonly spec: { replicas?: number; updateStrategy?: { rollingUpdate?: { partition?: number } } };
  readonly status?: { readyReplicas?: number; updatedReplicas?: number; updateRevision?: string };
}

interface DaemonSet {
  readonly kind: "DaemonSet";
  readonly metadata: { annotations?: { [name: string]: string } };
  readonly spec: { updateStrategy?: { rollingUpdate?: { maxUnavailable?: number | string } } };
  readonly status?: { desiredNumberScheduled: number; updatedNumberScheduled?: number };
}

export interface Pace<P> {
  /** It is done, or it may still start pods. */
  readonly goes: boolean;
  /** The new pods that it waits for; none where it stands for another reason. */
  readonly pods: readonly P[];
  /** RFC 3339: when the youngest of them began, which was the rollout's last step. */
  readonly since?: string;
}

const GOES = { goes: true, pods: [] } as const;

/** How many of `all` a rolling update may take down at once. */
export function allowance(maxUnavailable: number | string | undefined, all: number): number {
  const share = /^(\d+)%$/.exec(String(maxUnavailable))?.[1];
  return Math.max(1, share === undefined ? Number(maxUnavailable ?? 1) : Math.ceil((Number(share) * all) / 100));
}

/** RFC 3339 in seconds and UTC: text in order is time in order. */
const latest = (times: readonly string[]): string | undefined => [...times].sort().at(-1);
const began = (pod: Pod): string[] => [
  pod.metadata.creationTimestamp,
  condition(pod, "Ready")?.lastTransitionTime ?? "",
];

/**
 * Whether a rolling update goes on. No object says when its last step was; but where it waits, it waits for new pods
 * that are not ready, and the youngest of these was the last step.
 * @param unready pods of the workload, of any revision, that are neither ready nor ending
 */
export function pace<P extends Pod>(workload: StatefulSet | DaemonSet, unready: readonly P[]): Pace<P> {
  const { pods, allowed, done } =
    workload.kind === "StatefulSet" ? ofStatefulSet(workload, unready) : ofDaemonSet(workload, unready);
  if (done || (pods.length > 0 && pods.length < allowed)) return GOES;
  const since = latest(pods.flatMap(began));
  return { goes: false, pods, ...(since !== undefined && { since }) };
}

function ofStatefulSet<P extends Pod>({ spec, status }: StatefulSet, unready: readonly P[]) {
  const replicas = spec.replicas ?? 1;
  const wanted = replicas - (spec.updateStrategy?.rollingUpdate?.partition ?? 0);
  return {
    pods: unready.filter((pod) => pod.metadata.labels?.["controller-revision-hash"] === status?.updateRevision),
    allowed: 1,
    done: wanted <= 0 || ((status?.updatedReplicas ?? 0) >= wanted && (status?.readyReplicas ?? 0) >= replicas),
  };
}

function ofDaemonSet<P extends Pod>({ metadata, spec, status }: DaemonSet, unready: readonly P[]) {
  const desired = status?.desiredNumberScheduled ?? 0;
  const generation = metadata.annotations?.["deprecated.daemonset.template.generation"];
  return {
    pods: unready.filter((pod) => pod.metadata.labels?.["pod-template-generation"] === generation),
    allowed: allowance(spec.updateStrategy?.rollingUpdate?.maxUnavailable, desired),
    done: (status?.updatedNumberScheduled ?? 0) >= desired,
  };
}
