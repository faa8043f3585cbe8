import { type Fault, setNodeCondition } from "./fault.ts";

const DEADLOCKED = "general-a-3";
const SEEN = "general-b-4";

/** The kernel monitor sees hung tasks: a lasting one on one node, a passing one on another. */
export const taskHung: Fault = {
  name: "task-hung",
  expects: "node/task-hung",
  findings: [
    { kind: "Node", name: DEADLOCKED },
    { kind: "Node", name: SEEN },
  ],
  make(cluster) {
    setNodeCondition(cluster, DEADLOCKED, {
      type: "KernelDeadlock",
      status: "True",
      reason: "DockerHung",
      message: "task containerd:812 blocked for more than 120 seconds.",
    });
    cluster.record({
      about: { apiVersion: "v1", kind: "Node", metadata: { name: SEEN, uid: SEEN } },
      type: "Warning",
      reason: "TaskHung",
      message: "INFO: task kworker/2:1:77 blocked for more than 120 seconds.",
      component: "kernel-monitor",
    });
  },
  mend: (cluster) =>
    setNodeCondition(cluster, DEADLOCKED, {
      type: "KernelDeadlock",
      status: "False",
      reason: "KernelHasNoDeadlock",
      message: "kernel has no deadlock",
    }),
};
