import Type from "typebox";
import type { KubeObject } from "#broker/kube/index.ts";
import { DURATION_PATTERN, durationMs } from "#sdk/case/duration.ts";
import { operation } from "../operation.ts";
import { RESTARTED, specOf } from "./marks.ts";

/** Deployments, StatefulSets and DaemonSets count under different names. */
interface Counts {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberReady?: number;
}

function isRolledOut(workload: KubeObject): boolean {
  const status = (workload.status ?? {}) as Counts;
  if ((status.observedGeneration ?? 0) < ((workload.metadata.generation as number | undefined) ?? 0)) return false;
  const wanted = status.desiredNumberScheduled ?? specOf(workload).replicas ?? 1;
  const updated = status.updatedNumberScheduled ?? status.updatedReplicas ?? 0;
  const ready = status.numberReady ?? status.readyReplicas ?? 0;
  return updated >= wanted && ready >= wanted && (status.replicas ?? wanted) === wanted;
}

export const rolloutRestart = operation({
  name: "rollout-restart",
  does: "replaces the workload's pods one after another, as its own strategy says",
  params: Type.Object({
    within: Type.String({ pattern: DURATION_PATTERN, maxLength: 20, duration: true, default: "15m" }),
  }),
  targets: ["apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"],
  destructive: true,
  dangerous: false,
  rights: [
    { group: "apps", resource: "deployments", verbs: ["get", "patch"] },
    { group: "apps", resource: "statefulsets", verbs: ["get", "patch"] },
    { group: "apps", resource: "daemonsets", verbs: ["get", "patch"] },
  ],
  within: ({ within }) => durationMs(within, "within"),
  async act({ hands, target, granted }) {
    const annotations = { [RESTARTED]: String(granted.fence) };
    await hands.merge(target, { spec: { template: { metadata: { annotations } } } });
    return { message: "restarted" };
  },
  async verify({ target, granted }) {
    if (target === undefined) return "lost";
    const mark = specOf(target).template?.metadata?.annotations?.[RESTARTED];
    return mark === String(granted.fence) && isRolledOut(target) ? "done" : "pending";
  },
});
