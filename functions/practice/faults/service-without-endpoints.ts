import type { Cluster } from "../cluster/cluster.ts";
import type { Fault } from "./fault.ts";

const SERVICE = { name: "search", namespace: "shop" };

const select = ({ client }: Cluster, app: string) =>
  client.edit("v1/Service", SERVICE, (draft) => {
    draft.spec.selector = { app };
  });

/** A slip of the pen in a selector. */
export const serviceWithoutEndpoints: Fault = {
  name: "service-without-endpoints",
  expects: "network/service-without-endpoints",
  findings: [{ kind: "Service", ...SERVICE }],
  make: (cluster) => select(cluster, "serach"),
  mend: (cluster) => select(cluster, "search"),
};
