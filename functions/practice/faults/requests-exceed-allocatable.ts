import { imageOf } from "../cluster/builders.ts";
import type { Fault } from "./fault.ts";

const NODE = "general-b-2";
const FILE = { name: "image-cache", node: NODE };

/** A static pod asks for more memory than its node has: no scheduler was asked. */
export const requestsExceedAllocatable: Fault = {
  name: "requests-exceed-allocatable",
  expects: "node/requests-exceed-allocatable",
  findings: [{ kind: "Node", name: NODE }],
  ripens: 500,
  make: ({ staticPods }) =>
    staticPods.add({
      ...FILE,
      spec: {
        hostNetwork: true,
        containers: [
          { name: "image-cache", image: imageOf("image-cache", "1.2.0"), resources: { requests: { memory: "40Gi" } } },
        ],
      },
    }),
  mend: ({ staticPods }) => staticPods.remove(FILE),
};
