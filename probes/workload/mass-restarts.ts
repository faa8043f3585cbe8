import { inspection, t } from "#sdk";

/** Many pods of one workload restarted within a short time: a common cause, not a pod's own. */
export default inspection({
  name: "workload/mass-restarts",
  severity: "high",
  reason:
    "Pods that restart together share a cause: a dependency that went away, a poisoned message, a probe that is too strict under load, a node or runtime that restarted. Left alone it tends to become an outage.",
  help: "`kubectl -n <namespace> get pods -o wide` shows whether they share a node; `kubectl -n <namespace> describe pod <pod>` shows why the containers ended (Last State) and whether a liveness probe killed them; `kubectl logs <pod> --previous` of two or three of them shows what they have in common. Compare with the time of the last rollout and of changes to what they depend on.",
  params: t.Object({
    share: t.Number({ default: 0.2, minimum: 0, maximum: 1, description: "of the workload's pods; at least two" }),
    window: t.Duration({ default: "10m" }),
  }),
  reads: {
    set: {
      kind: ["apps/v1/ReplicaSet", "apps/v1/StatefulSet", "apps/v1/DaemonSet"],
      by: "metadata.uid",
      pick: [],
      rows: "1",
    },
    pods: {
      kind: "v1/Pod",
      where: { "status.phase": { not: ["Succeeded", "Failed"] } },
      by: "metadata.ownerReferences[controller=true].uid",
      pick: [],
    },
    restarted: {
      kind: "v1/Pod",
      by: "metadata.ownerReferences[controller=true].uid",
      age: { of: "status.containerStatuses[].lastState.terminated.finishedAt", under: "$window" },
      pick: ["status.containerStatuses[].lastState.terminated.finishedAt"],
      rows: "2+",
    },
  },
  check: ({ set, pods, restarted }, { params }) => {
    // A pod that was deleted stays in the window, but is no pod of the set any more.
    const present = new Set(pods.map((pod) => pod.metadata.uid));
    const times = restarted
      .filter((pod) => present.has(pod.metadata.uid))
      .map(({ status }) => status?.containerStatuses?.map((c) => c.lastState?.terminated?.finishedAt ?? "") ?? [])
      .map((ends) => ends.sort().at(-1) ?? "")
      .sort();
    const most = Math.max(1, Math.floor(pods.length * params.share));
    if (times.length <= most) return false;
    const { kind, metadata } = set;
    return {
      subject: set,
      message: `More than ${Math.round(params.share * 100)}% of the pods of ${kind} ${metadata.namespace}/${metadata.name} restarted within ${params.window}`,
      since: times[most],
      evidence: { restarted: times.length, pods: pods.length },
    };
  },
});
