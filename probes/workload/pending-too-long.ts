import { condition, inspection, t } from "#sdk";

/** A pod must be scheduled and started in reasonable time. */
export default inspection({
  name: "workload/pending-too-long",
  severity: "medium",
  reason:
    "The pod was asked for and does not run: no node has room or fits its rules, a volume cannot be attached, its network cannot be set up, or an init container does not end. Whatever it should do is not done.",
  help: "`kubectl -n <namespace> describe pod <name>`: the PodScheduled condition says why no node fits (requests, taints, affinity, a volume's zone), the events say what fails on the node (FailedMount, FailedAttachVolume, FailedCreatePodSandBox). An init container that does not end: `kubectl logs <name> -c <init container>`. If the cluster is full, see what the autoscaler says: `kubectl get events -A --field-selector reason=NotTriggerScaleUp`.",
  params: t.Object({ after: t.Duration({ default: "10m" }) }),
  for: "$after",
  reads: {
    pod: {
      kind: "v1/Pod",
      // Not held back by intent (a queue's scheduling gate), nor on its way out.
      where: {
        "status.phase": "Pending",
        "metadata.deletionTimestamp": { exists: false },
        "spec.schedulingGates[].name": { exists: false },
        "status.conditions[type=PodScheduled].reason": { not: "SchedulingGated" },
      },
      by: "metadata.uid",
      pick: ["spec.nodeName", "status.conditions[type=PodScheduled]"],
      rows: "1",
    },
    // What the kubelet and the volume controllers say (the scheduler speaks by the condition).
    events: {
      kind: "v1/Event",
      where: { reason: ["FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"] },
      by: "involvedObject.uid",
      age: { of: "lastTimestamp", under: "15m" },
      pick: ["reason", "message"],
      rows: "0+",
    },
  },
  check: ({ pod, events }) => {
    const { namespace, name, creationTimestamp } = pod.metadata;
    const scheduled = condition(pod, "PodScheduled");
    const { nodeName } = pod.spec;
    const says = [...new Set(events.map((event) => `${event.reason}: ${event.message}`))];
    if (nodeName === undefined) says.unshift(scheduled?.message ?? "the scheduler has said nothing");
    return {
      subject: pod,
      message: `Pod ${namespace}/${name} is pending: ${nodeName === undefined ? "no node takes it" : `it has not started on ${nodeName}`}`,
      // Waiting for a node and starting on it have a clock each.
      since: scheduled?.status === "True" ? (scheduled.lastTransitionTime ?? creationTimestamp) : creationTimestamp,
      evidence: { says: says.slice(0, 5) },
    };
  },
});
