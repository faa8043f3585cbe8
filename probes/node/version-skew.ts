import { inspection, t } from "#sdk";

const minorOf = (version: string) => Number(/^v?\d+\.(\d+)/.exec(version)?.[1]);
const OLDEST = 3;
const NONE = { exists: false } as const;
const IN_SERVICE = { "metadata.labels.type": { not: "virtual-kubelet" }, "metadata.deletionTimestamp": NONE } as const;

/** A kubelet's version must fit the API server's, and be the one that most nodes of its pool have. */
export default inspection({
  name: "node/version-skew",
  severity: "low",
  reason:
    "Kubernetes supports kubelets up to three minor versions older than the API server, and none that is newer: outside of that pods may not start or lose fields. An odd one within a pool is a node that an upgrade left behind: it behaves differently, and misses fixes.",
  help: "`kubectl get nodes -o custom-columns=N:.metadata.name,V:.status.nodeInfo.kubeletVersion`. Drain the node and upgrade or replace it; for a managed pool, look why the upgrade stopped (a PodDisruptionBudget that allows nothing, most often). Never upgrade kubelets before the API server. Pools are known by the labels of Karpenter, GKE, EKS and AKS; if your nodes say it by another one, set the param poolLabel.",
  for: "1h",
  params: t.Object({
    poolLabel: t.String({
      default: "node.kubernetes.io/pool",
      minLength: 1,
      description: "the label that names a node's pool",
    }),
  }),
  reads: {
    pool: {
      kind: "v1/Node",
      where: { ...IN_SERVICE },
      by: ["metadata.labels[$poolLabel]"],
      pick: ["status.nodeInfo.kubeletVersion", "metadata.labels[$poolLabel]"],
      rows: "0+",
    },
    karpenter: {
      kind: "v1/Node",
      where: { ...IN_SERVICE, "metadata.labels[$poolLabel]": NONE },
      by: ["metadata.labels['karpenter.sh/nodepool']"],
      pick: ["status.nodeInfo.kubeletVersion", "metadata.labels[$poolLabel]"],
      rows: "0+",
    },
    gke: {
      kind: "v1/Node",
      where: { ...IN_SERVICE, "metadata.labels[$poolLabel]": NONE },
      by: ["metadata.labels['cloud.google.com/gke-nodepool']"],
      pick: ["status.nodeInfo.kubeletVersion", "metadata.labels[$poolLabel]"],
      rows: "0+",
    },
    eks: {
      kind: "v1/Node",
      where: { ...IN_SERVICE, "metadata.labels[$poolLabel]": NONE },
      by: ["metadata.labels['eks.amazonaws.com/nodegroup']"],
      pick: ["status.nodeInfo.kubeletVersion", "metadata.labels[$poolLabel]"],
      rows: "0+",
    },
    aks: {
      kind: "v1/Node",
      where: { ...IN_SERVICE, "metadata.labels[$poolLabel]": NONE },
      by: ["metadata.labels['kubernetes.azure.com/agentpool']"],
      pick: ["status.nodeInfo.kubeletVersion", "metadata.labels[$poolLabel]"],
      rows: "0+",
    },
    // Nodes of no pool are one.
    others: {
      kind: "v1/Node",
      where: {
        ...IN_SERVICE,
        "metadata.labels[$poolLabel]": NONE,
        "metadata.labels['karpenter.sh/nodepool']": NONE,
        "metadata.labels['cloud.google.com/gke-nodepool']": NONE,
        "metadata.labels['eks.amazonaws.com/nodegroup']": NONE,
        "metadata.labels['kubernetes.azure.com/agentpool']": NONE,
      },
      by: [],
      pick: ["status.nodeInfo.kubeletVersion", "metadata.labels[$poolLabel]"],
      rows: "0+",
    },
    // A dump may not tell it.
    api: { kind: "roundsman/Cluster", by: "*", pick: ["version.gitVersion"], rows: "0-1" },
  },
  check: ({ pool, karpenter, gke, eks, aks, others, api }, { key: [name] }) => {
    const nodes = [...pool, ...karpenter, ...gke, ...eks, ...aks, ...others].flatMap((node) => {
      const version = node.status?.nodeInfo?.kubeletVersion;
      return version ? [{ node, version }] : [];
    });
    const counts = new Map<string, number>();
    for (const { version } of nodes) counts.set(version, (counts.get(version) ?? 0) + 1);
    const usual = [...counts].find(([, count]) => count * 2 > nodes.length)?.[0];
    const server = api?.version.gitVersion ?? "";
    return nodes.map(({ node, version }) => {
      const behind = minorOf(server) - minorOf(version);
      const runs = `Node ${node.metadata.name} runs kubelet ${version}`;
      if (behind < 0 || behind > OLDEST) {
        const how = behind < 0 ? "newer than" : `more than ${OLDEST} minor versions older than`;
        return {
          rule: "apiserver",
          per: node,
          severity: "high" as const,
          message: `${runs}, ${how} the API server's ${server}`,
        };
      }
      if (usual === undefined || version === usual) return false;
      const most = name === undefined ? "the cluster's nodes" : `the nodes of pool ${name}`;
      return { rule: "pool", per: node, message: `${runs}, most of ${most} run ${usual}` };
    });
  },
});
