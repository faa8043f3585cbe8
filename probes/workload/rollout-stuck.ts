import { condition, inspection } from "#sdk";
import { pace } from "./rollout-pace.ts";

/** A rollout must go on: by a Deployment's own deadline, for others by when their last new pod began. */
export default inspection({
  name: "workload/rollout-stuck",
  severity: "high",
  reason:
    "Old and new version run side by side, the new one does not come up, and the workload has less room for failures than it should. Nobody may have noticed: the command that started it has long returned.",
  help: "`kubectl -n <namespace> rollout status <kind>/<name>` says what it waits for, `kubectl -n <namespace> get pods -l <selector>` shows the pod that is not ready: its events and log say why. `kubectl rollout undo <kind>/<name>` goes back. A StatefulSet that waits for a broken pod of its old revision goes on only when that pod is deleted by hand.",
  for: "10m",
  reads: {
    workload: {
      kind: ["apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"],
      where: [
        {
          kind: "Deployment",
          "status.conditions[type=Progressing].status": "False",
          "spec.paused": { not: true },
          "spec.replicas": { not: 0 },
        },
        { kind: "StatefulSet", "spec.updateStrategy.type": "RollingUpdate", "spec.replicas": { not: 0 } },
        {
          kind: "DaemonSet",
          "spec.updateStrategy.type": "RollingUpdate",
          "status.numberUnavailable": { exists: true },
        },
      ],
      pick: [
        "metadata.annotations['deprecated.daemonset.template.generation']",
        "spec.replicas",
        "spec.updateStrategy.rollingUpdate",
        "status.conditions[type=Progressing]",
        "status.readyReplicas",
        "status.updatedReplicas",
        "status.updateRevision",
        "status.desiredNumberScheduled",
        "status.updatedNumberScheduled",
      ],
      rows: "1",
    },
    // A StatefulSet that points at itself, since its two revisions are one, has nothing to roll out.
    settled: {
      kind: "apps/v1/StatefulSet",
      by: ["metadata.uid", "status.currentRevision"],
      via: { read: "workload", at: ["metadata.uid", "status.updateRevision"], as: "key" },
      pick: [],
      rows: "0",
    },
    unready: {
      kind: "v1/Pod",
      where: {
        "metadata.ownerReferences[controller=true].kind": ["StatefulSet", "DaemonSet"],
        "status.conditions[type=Ready].status": { not: "True" },
        "status.phase": { not: ["Succeeded", "Failed"] },
        "metadata.deletionTimestamp": { exists: false },
      },
      by: "metadata.ownerReferences[controller=true].uid",
      via: { read: "workload", at: "metadata.uid", as: "key" },
      pick: ["status.conditions[type=Ready].lastTransitionTime"],
      rows: "0+",
    },
  },
  check: ({ workload, unready }) => {
    const { kind, metadata } = workload;
    const what = `The rollout of ${kind} ${metadata.namespace}/${metadata.name}`;
    if (kind === "Deployment") {
      const { reason, message, lastTransitionTime } = condition(workload, "Progressing")!;
      return {
        rule: "deadline",
        subject: workload,
        message: `${what} made no progress within its deadline`,
        since: lastTransitionTime,
        ...(reason === "ProgressDeadlineExceeded" && { for: "0s" as const }),
        evidence: { says: message },
      };
    }
    const { goes, pods, since } = pace(workload, unready);
    if (goes) return false;
    if (pods.length === 0) return { rule: "standing", subject: workload, message: `${what} does not go on` };
    const whom = pods.length === 1 ? `pod ${pods[0]!.metadata.name}, which does` : "pods that do";
    return {
      rule: "not-ready",
      subject: workload,
      related: pods.slice(0, 20),
      message: `${what} waits for ${whom} not become ready`,
      since,
      evidence: { notReady: pods.length },
    };
  },
});
