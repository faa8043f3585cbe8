/** Taints of nodes that are not in service yet, or are being taken out of it for good. */
export const LEAVING_OR_COMING = [
  "node.cloudprovider.kubernetes.io/uninitialized",
  "karpenter.sh/unregistered",
  "karpenter.sh/disrupted",
  "ToBeDeletedByClusterAutoscaler",
] as const;

/** Nodes that are meant to work. A cordoned one is among them: its pods run on. */
export const IN_SERVICE = {
  "metadata.deletionTimestamp": { exists: false },
  "spec.taints[].key": { not: LEAVING_OR_COMING },
} as const;
