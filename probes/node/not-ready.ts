import { condition, inspection } from "#sdk";
import { IN_SERVICE } from "./leaving.ts";

/** A node in service must be ready. */
export default inspection.each({
  name: "node/not-ready",
  severity: "critical",
  reason:
    "Nothing new starts on the node, and after five minutes its pods are evicted. If its kubelet no longer reports, nobody knows whether they still run; those with volumes cannot move until someone says that the machine is off.",
  help: "`kubectl describe node <name>` shows the conditions. If the kubelet speaks (Ready=False) its message names the cause, such as the container runtime or the network plugin. If it is silent (Ready=Unknown) look at the machine: console, `systemctl status kubelet containerd`, `journalctl -u kubelet`, network. If it is gone for good, delete the node, or taint it node.kubernetes.io/out-of-service so that volumes are released.",
  for: "40s",
  of: {
    kind: "v1/Node",
    where: { "status.conditions[type=Ready].status": { not: "True" }, ...IN_SERVICE },
    pick: [
      "spec.unschedulable",
      // Not the whole condition: its heartbeat moves all the time.

      "status.conditions[type=Ready].status",
      "status.conditions[type=Ready].reason",
      "status.conditions[type=Ready].message",
      "status.conditions[type=Ready].lastTransitionTime",
    ],
  },
  check: (node) => {
    const ready = condition(node, "Ready");
    const says =
      ready?.status === "False"
        ? "its kubelet says so"
        : ready
          ? "its kubelet no longer reports"
          : "its kubelet never reported";
    const cordoned = node.spec.unschedulable === true;
    return {
      message: `Node ${node.metadata.name} is not ready: ${says}${cordoned ? "; it is cordoned" : ""}`,
      // Someone has taken it out of use: maintenance, most often.
      ...(cordoned && { severity: "medium" as const }),
      since: ready ? ready.lastTransitionTime : node.metadata.creationTimestamp,
      evidence: { reason: ready?.reason, says: ready?.message },
    };
  },
});
