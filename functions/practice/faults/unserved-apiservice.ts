import { timestamp } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Fault } from "./fault.ts";

const SERVICE = { name: "v1beta1.metrics.k8s.io" };

const say = ({ client, clock }: Cluster, status: "True" | "False", reason: string, message: string) =>
  client.edit("apiregistration.k8s.io/v1/APIService", SERVICE, (draft) => {
    draft.status = {
      conditions: [{ type: "Available", status, reason, message, lastTransitionTime: timestamp(clock.now()) }],
    };
  });

/** The metrics server stops answering: its API is stale in discovery and says 503. */
export const unservedApiService: Fault = {
  name: "unserved-apiservice",
  expects: "control-plane/unserved-apiservice",
  findings: [{ kind: "APIService", ...SERVICE }],
  make: (cluster) =>
    say(
      cluster,
      "False",
      "FailedDiscoveryCheck",
      "failing or missing response from https://10.96.20.4:443/apis/metrics.k8s.io/v1beta1: connect: connection refused",
    ),
  mend: (cluster) => say(cluster, "True", "Passed", "all checks passed"),
};
