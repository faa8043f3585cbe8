import { inspection, t } from "#sdk";
import { IN_SERVICE } from "./leaving.ts";

/** A kubelet renews its node's lease every ten seconds: one that is old is the first sign of a node that is lost. */
export default inspection({
  name: "node/lease-stale",
  severity: "high",
  reason:
    "The control plane takes a node for lost when its lease is not renewed, marks it not ready and evicts its pods. Until then they are sent calls that may go nowhere.",
  help: "Look at the machine as for node/not-ready: console, `systemctl status kubelet`, its network to the API server. If many nodes are stale at once, look at the API server and the network in between, not at the nodes. If the node works otherwise, compare clocks (`timedatectl`): the kubelet stamps the lease with its own.",
  params: t.Object({ after: t.Duration({ default: "40s" }) }),
  reads: {
    node: { kind: "v1/Node", where: IN_SERVICE, by: "metadata.name", pick: ["spec.unschedulable"], rows: "1" },
    lease: {
      kind: "coordination.k8s.io/v1/Lease",
      where: { "metadata.namespace": "kube-node-lease" },
      by: "metadata.name",
      age: { of: "spec.renewTime", over: "$after" },
      pick: ["spec.renewTime"],
      rows: "1",
    },
  },
  check: ({ node, lease }, { params }) => ({
    subject: node,
    message: `The lease of node ${node.metadata.name} has not been renewed for more than ${params.after}`,
    // As in node/not-ready: a cordoned node is in someone's hands.
    ...(node.spec.unschedulable === true && { severity: "medium" as const }),
    since: lease.spec.renewTime,
  }),
});
