import type { Cluster } from "../cluster/cluster.ts";
import { isActive } from "../controllers/pods.ts";
import { freeAddress } from "../nodes/addresses.ts";
import type { Fault } from "./fault.ts";

const VICTIM = { name: "postgres-1", namespace: "data" };

function give({ client }: Cluster, pod: { readonly name: string; readonly namespace?: string }, ip: string): void {
  client.edit("v1/Pod", pod, (draft) => {
    draft.status = { ...draft.status, podIP: ip, podIPs: [{ ip }] };
  });
}

/** Address management fails: a cart gets the address of a database. */
export const duplicatePodIp: Fault = {
  name: "duplicate-pod-ip",
  expects: "network/duplicate-pod-ip",
  findings: [{ kind: "Pod", ...VICTIM }],
  make(cluster) {
    const ip = cluster.client.get("v1/Pod", VICTIM)?.status?.podIP;
    const cart = cluster.client
      .list("v1/Pod", "shop")
      .find((pod) => pod.metadata.labels?.app === "cart" && isActive(pod));
    if (ip !== undefined && cart) give(cluster, cart.metadata, ip);
  },
  mend(cluster) {
    const { client } = cluster;
    const ip = client.get("v1/Pod", VICTIM)?.status?.podIP;
    for (const { metadata, spec, status } of client.list("v1/Pod", "shop")) {
      if (ip === undefined || status?.podIP !== ip) continue;
      give(cluster, metadata, freeAddress(client.get("v1/Node", { name: spec.nodeName ?? "" }), client.list("v1/Pod")));
    }
  },
};
