import { type Fault, setNodeCondition } from "./fault.ts";

const NODE = "general-b-3";
const TAINT = "node.kubernetes.io/not-ready";

/** A node whose container runtime is down; its pods count as not ready, others serve on. */
export const notReady: Fault = {
  name: "not-ready",
  expects: "node/not-ready",
  findings: [{ kind: "Node", name: NODE }],
  make: (cluster) =>
    setNodeCondition(
      cluster,
      NODE,
      { type: "Ready", status: "False", reason: "KubeletNotReady", message: "container runtime is down" },
      { key: TAINT, on: true },
    ),
  mend: (cluster) =>
    setNodeCondition(
      cluster,
      NODE,
      { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" },
      { key: TAINT, on: false },
    ),
};
