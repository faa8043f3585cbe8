import { controller, inspection } from "#sdk";
import { areVersionsOfOneApp } from "./app-version.ts";

/** A Service that balances calls must not select pods of two workloads. Versions of one app, labelled so, are no problem. */
export default inspection({
  name: "network/service-selects-two-owners",
  severity: "medium",
  reason:
    "Calls go now to one program and now to another. It happens when a selector is too wide, or when a copied manifest kept its labels; the errors come and go, and look like a fault of the program.",
  help: "List what is selected: `kubectl -n <namespace> get pods -l <selector> --show-labels`. Add a label to the Service's selector that only the right workload's pods carry, such as app.kubernetes.io/component, or remove the workload that was left behind. Where both are meant (a canary), give the pods of each a `version` or `track` label.",
  for: "5m",
  reads: {
    service: {
      kind: "v1/Service",
      // A headless one balances nothing: it lists its members, and may well list several workloads'.
      where: {
        "spec.selector": { exists: true },
        "spec.clusterIP": { not: "None" },
        "spec.type": { not: "ExternalName" },
      },
      pick: ["spec.selector"],
      rows: "1",
    },
    pods: {
      kind: "v1/Pod",
      where: { "status.phase": { not: ["Succeeded", "Failed"] }, "metadata.deletionTimestamp": { exists: false } },
      via: { read: "service", at: "spec.selector", as: "selector" },
      pick: [],
    },
    // Two of them are two workloads, or two revisions of one Deployment.
    sets: {
      kind: ["apps/v1/ReplicaSet", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job"],
      via: { read: "pods", at: "metadata.ownerReferences[controller=true].uid", as: "uid" },
      pick: [],
      rows: "2+",
    },
    // Deployments may have an owner too: an operator's several ones are one thing.
    deployments: {
      kind: "apps/v1/Deployment",
      via: { read: "sets", at: "metadata.ownerReferences[controller=true].uid", as: "uid" },
      pick: [],
      rows: "0+",
    },
  },
  check: ({ service, pods, sets, deployments }) => {
    const known = new Map([...sets, ...deployments].map((one) => [one.metadata.uid, one]));
    // A pod's set, its Deployment or operator, and that one's operator.
    const above = (owner: { kind: string; name: string; uid: string }) =>
      controller(known.get(owner.uid) ?? { metadata: {} }) ?? owner;
    const labels = new Map<string, (typeof pods)[number]["metadata"]["labels"]>();
    for (const pod of pods) {
      const owner = controller(pod);
      if (!owner || !known.has(owner.uid)) continue;
      const { kind, name } = above(above(owner));
      labels.set(`${kind} ${name}`, pod.metadata.labels);
    }
    if (labels.size < 2 || areVersionsOfOneApp([...labels.values()])) return false;
    const owners = [...labels.keys()].sort();
    const { namespace, name } = service.metadata;
    const more = owners.length > 5 ? ` and ${owners.length - 5} more` : "";
    return {
      subject: service,
      message: `Service ${namespace}/${name} selects pods of ${owners.slice(0, 5).join(", ")}${more}`,
    };
  },
});
