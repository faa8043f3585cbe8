import { inspection } from "#sdk";

const SHORT_OF: Readonly<Record<string, string>> = {
  MemoryPressure: "memory",
  DiskPressure: "disk space",
  PIDPressure: "process ids",
};

/** A node must not be short of memory, disk space or process ids. */
export default inspection.each({
  name: "node/pressure",
  severity: "medium",
  reason:
    "The kubelet evicts pods to get room, those without requests first, and takes no new ones. Under disk pressure it also removes images, so that pods start slowly afterwards.",
  help: "`kubectl describe node <name>` shows the condition and recent evictions, `kubectl top pods -A --sort-by=memory` and `kubectl get pods -A --field-selector spec.nodeName=<name>` who uses the node. Memory: set requests and limits that match the use. Disk: look for logs, emptyDir volumes and images (`crictl images`, `du -xsh /var/lib/*`). Process ids: find the pod that forks, and set podPidsLimit.",
  for: "1m",
  of: {
    kind: "v1/Node",
    where: [
      { "status.conditions[type=MemoryPressure].status": "True", "metadata.deletionTimestamp": { exists: false } },
      { "status.conditions[type=DiskPressure].status": "True", "metadata.deletionTimestamp": { exists: false } },
      { "status.conditions[type=PIDPressure].status": "True", "metadata.deletionTimestamp": { exists: false } },
    ],
    pick: [
      "status.conditions[type=MemoryPressure].status",
      "status.conditions[type=MemoryPressure].lastTransitionTime",

      "status.conditions[type=DiskPressure].status",
      "status.conditions[type=DiskPressure].lastTransitionTime",

      "status.conditions[type=PIDPressure].status",
      "status.conditions[type=PIDPressure].lastTransitionTime",
    ],
  },
  check: ({ metadata, status }) =>
    (status?.conditions ?? [])
      .filter((c) => c.status === "True")
      .map(({ type, lastTransitionTime }) => ({
        rule: type,
        message: `Node ${metadata.name} is short of ${SHORT_OF[type]} and evicts pods`,
        since: lastTransitionTime,
      })),
});
