import type { Fault } from "./fault.ts";

const NODE = "memory-b-1";

/** A node is cut off: its lease is not renewed, and nobody has called it not ready yet. */
export const leaseStale: Fault = {
  name: "lease-stale",
  expects: "node/lease-stale",
  findings: [{ kind: "Node", name: NODE }],
  ripens: 6_500,
  make: ({ heartbeats }) => void heartbeats.silent.add(NODE),
  mend: ({ heartbeats }) => void heartbeats.silent.delete(NODE),
};
