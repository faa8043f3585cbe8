import type { Cluster } from "../cluster/cluster.ts";
import { KUBELET_VERSION } from "../nodes/machines.ts";
import type { Fault } from "./fault.ts";

const NODE = { name: "memory-a-1" };

const install = ({ client }: Cluster, version: string) =>
  client.edit("v1/Node", NODE, ({ status }) => {
    if (status?.nodeInfo) status.nodeInfo.kubeletVersion = version;
  });

/** One node of its pool came back from repair with an older kubelet. */
export const versionSkew: Fault = {
  name: "version-skew",
  expects: "node/version-skew",
  findings: [{ kind: "Node", ...NODE }],
  make: (cluster) => install(cluster, "v1.34.1"),
  mend: (cluster) => install(cluster, KUBELET_VERSION),
};
