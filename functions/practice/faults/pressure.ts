import { type Fault, setNodeCondition } from "./fault.ts";

const NODE = "memory-a-2";
const TAINT = "node.kubernetes.io/memory-pressure";

/** A node runs short of memory. */
export const pressure: Fault = {
  name: "pressure",
  expects: "node/pressure",
  findings: [{ kind: "Node", name: NODE }],
  make: (cluster) =>
    setNodeCondition(
      cluster,
      NODE,
      {
        type: "MemoryPressure",
        status: "True",
        reason: "KubeletHasInsufficientMemory",
        message: "kubelet has insufficient memory available",
      },
      { key: TAINT, on: true },
    ),
  mend: (cluster) =>
    setNodeCondition(
      cluster,
      NODE,
      {
        type: "MemoryPressure",
        status: "False",
        reason: "KubeletHasSufficientMemory",
        message: "kubelet has sufficient memory available",
      },
      { key: TAINT, on: false },
    ),
};
