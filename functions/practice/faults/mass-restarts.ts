import { isActive } from "../controllers/pods.ts";
import type { Fault } from "./fault.ts";

/** Two of five gateways run out of memory together. They are back at once; the window in which it counts must pass. */
export const massRestarts: Fault = {
  name: "mass-restarts",
  expects: "workload/mass-restarts",
  findings: [{ kind: "ReplicaSet", name: "gateway-*", namespace: "payments" }],
  make({ client, kubelet }) {
    const gateways = client
      .list("v1/Pod", "payments")
      .filter((pod) => pod.metadata.labels?.app === "gateway" && isActive(pod));
    for (const { metadata } of gateways.slice(0, 2)) kubelet.restart(metadata);
  },
  mend: () => undefined,
};
