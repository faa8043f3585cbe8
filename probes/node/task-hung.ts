import { condition, inspection, ref, t } from "#sdk";

/** The kernel says that a task was blocked for more than 120 seconds (as node-problem-detector's kernel monitor tells it). */
export default inspection({
  name: "node/task-hung",
  severity: "high",
  reason:
    "A task that hangs in the kernel cannot be killed: most often its disk or network file system does not answer. Where it is the container runtime's (the condition KernelDeadlock), no pod on the node can be started or stopped any more.",
  help: "On the node: `dmesg -T | grep -A20 'blocked for more than'` shows where the task hangs; an NFS, FUSE or block device in the trace names the culprit (`mount`, `iostat -x 1`, the storage's own health). If the storage comes back the task goes on. Otherwise cordon and drain the node and reboot it; pods that do not end need `kubectl delete pod --force` after the reboot.",
  for: "0s",
  params: t.Object({ window: t.Duration({ default: "10m", description: "how long an event counts" }) }),
  reads: {
    deadlocked: {
      kind: "v1/Node",
      where: { "status.conditions[type=KernelDeadlock].status": "True" },
      by: "metadata.name",
      pick: [
        "status.conditions[type=KernelDeadlock].reason",
        "status.conditions[type=KernelDeadlock].message",
        "status.conditions[type=KernelDeadlock].lastTransitionTime",
      ],
      rows: "0-1",
    },
    events: {
      kind: "v1/Event",
      where: { reason: "TaskHung", "involvedObject.kind": "Node" },
      by: "involvedObject.name",
      age: { of: "lastTimestamp", under: "$window" },
      pick: ["message", "firstTimestamp", "involvedObject.name"],
      rows: "0+",
    },
    // Events outlive their node.
    node: {
      kind: "v1/Node",
      via: { read: "events", at: "involvedObject.name", as: "name" },
      pick: [],
      rows: "0-1",
    },
  },
  check: ({ deadlocked, events, node }, { key, params }) => {
    const says = [...new Set(events.map((event) => event.message))].slice(0, 5);
    if (deadlocked) {
      const { reason, message, lastTransitionTime } = condition(deadlocked, "KernelDeadlock")!;
      const why = reason ? ` (${reason})` : "";
      return {
        rule: "deadlock",
        subject: deadlocked,
        message: `A task of node ${key} hangs in the kernel and does not come back${why}`,
        since: lastTransitionTime,
        evidence: { says: [message, ...says] },
      };
    }
    if (!node) return false;
    return {
      rule: "hung",
      severity: "medium",
      subject: ref("Node", key),
      message: `The kernel of node ${key} told of a hung task within the last ${params.window}`,
      since: events
        .map((event) => event.firstTimestamp ?? "")
        .sort()
        .find(Boolean),
      evidence: { says },
    };
  },
});
