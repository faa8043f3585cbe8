import { inspection } from "#sdk";

/** Two running pods must never hold the same IP. */
export default inspection({
  name: "network/duplicate-pod-ip",
  severity: "critical",
  reason:
    "Traffic for the address reaches one of the pods, or now one and now the other. Clients get answers from the wrong program or none at all, and no log says why.",
  help: "Find which pod the network knows: `kubectl get pods -A -o wide | grep <ip>`, then on each node the route or endpoint of your CNI plugin (`ip route get <ip>`, `cilium endpoint list`, `calicoctl ipam show --ip=<ip>`). Delete the pod that the plugin's IPAM does not know, so that it gets a new address. Then look for the cause: overlapping pod CIDRs (`kubectl get nodes -o custom-columns=N:.metadata.name,C:.spec.podCIDRs`), an IPAM database that was restored, two clusters that share one pool.",
  for: "10s",
  reads: {
    pods: {
      kind: "v1/Pod",
      // A pod that is ending may have given its address back while its object still shows it.
      where: {
        "status.phase": "Running",
        "spec.hostNetwork": { not: true },
        "metadata.deletionTimestamp": { exists: false },
      },
      by: "status.podIPs[].ip",
      pick: ["spec.nodeName"],
      rows: "2+",
    },
  },
  check: ({ pods }, { key }) => {
    const [first, ...others] = pods;
    const holders = pods.slice(0, 5).map((p) => `${p.metadata.namespace}/${p.metadata.name} on ${p.spec.nodeName}`);
    const more = pods.length > holders.length ? ` and ${pods.length - holders.length} more` : "";
    return {
      subject: first,
      related: others,
      message: `${pods.length} running pods hold the IP ${key}: ${holders.join(", ")}${more}`,
    };
  },
});
