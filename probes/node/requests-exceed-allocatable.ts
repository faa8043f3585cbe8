import { inspection, quantity } from "#sdk";
import { effectiveRequests } from "./effective-requests.ts";

// Sums of fractions are not exact, and a node may be full to the last millicore.
const ROUNDING = 1 + 1e-9;

/** The pods on a node must not request more than it has to give. */
export default inspection({
  name: "node/requests-exceed-allocatable",
  severity: "medium",
  reason:
    "The scheduler never fills a node beyond what is allocatable, so something passed it by or the node shrank: a reservation was raised, a device failed, pods were bound by hand. Requests are no longer guaranteed there, and after a kubelet's restart some pods are refused.",
  help: "`kubectl describe node <name>` shows the requests under Allocated resources. If the node shrank (kubeReserved, systemReserved, hugepages, a device plugin that lists fewer devices), undo that, or drain and uncordon the node so that pods are placed anew. If pods carry spec.nodeName in their templates, let the scheduler place them.",
  for: "1m",
  reads: {
    node: {
      kind: "v1/Node",
      where: { "metadata.deletionTimestamp": { exists: false } },
      by: "metadata.name",
      pick: ["status.allocatable"],
      rows: "1",
    },
    pods: {
      kind: "v1/Pod",
      where: {
        "status.phase": { not: ["Succeeded", "Failed"] },
        // Its spec says what it wishes for, not what it has.
        "status.conditions[type=PodResizePending].status": { not: "True" },
      },
      by: "spec.nodeName",
      pick: [
        "spec.containers[].resources.requests",
        "spec.initContainers[].resources.requests",
        "spec.initContainers[].restartPolicy",
        "spec.resources.requests",
        "spec.overhead",
      ],
    },
  },
  check: ({ node, pods }) => {
    const requested = new Map<string, number>();
    for (const pod of pods)
      for (const [name, amount] of effectiveRequests(pod.spec))
        requested.set(name, (requested.get(name) ?? 0) + amount);
    return Object.entries(node.status?.allocatable ?? {}).map(([name, allocatable]) => {
      const amount = requested.get(name) ?? 0;
      return (
        amount > quantity(allocatable) * ROUNDING && {
          rule: name,
          subject: node,
          message: `The pods on node ${node.metadata.name} request more ${name} than it has to give`,
          evidence: { requested: amount, allocatable: quantity(allocatable) },
        }
      );
    });
  },
});
