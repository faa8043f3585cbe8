import { inspection } from "#sdk";
import { ANSWERING } from "./answering.ts";

/** A Service that selects pods must have one that answers, unless what it selects is scaled to zero. */
export default inspection({
  name: "network/service-without-endpoints",
  severity: "high",
  reason:
    "Calls to the Service are refused or time out: whoever depends on it is interrupted. Either no pod carries the labels that it selects, or pods do and none of them is ready.",
  help: "See what it selects and what is there: `kubectl -n <namespace> get service <name> -o jsonpath='{.spec.selector}'`, `kubectl -n <namespace> get pods -l <selector>` and `kubectl -n <namespace> get endpointslices -l kubernetes.io/service-name=<name>`. Where pods exist but are not ready, `kubectl describe` one and look at its readiness probe and events. Where none exist, compare the selector with the labels in the workload's pod template and look whether the workload can create pods at all.",
  for: "30s",
  reads: {
    service: {
      kind: "v1/Service",
      where: {
        "spec.selector": { exists: true },
        "spec.type": { not: "ExternalName" },
        "metadata.deletionTimestamp": { exists: false },
      },
      by: ["metadata.namespace", "metadata.name"],
      pick: ["spec.selector"],
      rows: "1",
    },
    answering: {
      kind: "discovery.k8s.io/v1/EndpointSlice",
      where: ANSWERING,
      by: ["metadata.namespace", "metadata.labels['kubernetes.io/service-name']"],
      pick: [],
      rows: "0",
    },
    unready: {
      kind: "discovery.k8s.io/v1/EndpointSlice",
      where: { "endpoints[].conditions.ready": false },
      by: ["metadata.namespace", "metadata.labels['kubernetes.io/service-name']"],
      pick: ["endpoints[].conditions.ready", "endpoints[].conditions.terminating"],
      rows: "0+",
    },
    // Workloads of the namespace that want no pod now: scaled to zero by a person or an autoscaler, no node to run on,
    // or a job that is over. A Deployment's old ReplicaSets are none of them.
    idle: {
      kind: ["apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/ReplicaSet", "apps/v1/DaemonSet", "batch/v1/Job"],
      where: [
        { "spec.replicas": 0, "metadata.ownerReferences[kind=Deployment].uid": { exists: false } },
        { "status.desiredNumberScheduled": 0 },
        { "status.conditions[status=True].type": ["Complete", "Failed", "Suspended"] },
      ],
      by: "metadata.namespace",
      via: { read: "service", at: "metadata.namespace", as: "key" },
      pick: ["spec.template.metadata.labels"],
      rows: "0+",
    },
    // Between two runs it has no pod, and while it is suspended none at all.
    scheduled: {
      kind: "batch/v1/CronJob",
      by: "metadata.namespace",
      via: { read: "service", at: "metadata.namespace", as: "key" },
      pick: ["spec.jobTemplate.spec.template.metadata.labels"],
      rows: "0+",
    },
  },
  check: ({ service, unready, idle, scheduled }) => {
    const { namespace, name } = service.metadata;
    const selector = Object.entries(service.spec.selector ?? {});
    const endpoints = unready.flatMap((slice) => slice.endpoints ?? []);
    if (endpoints.some((e) => e.conditions?.ready !== false)) return false;
    const templates = [
      ...idle.map(({ spec }) => spec.template),
      ...scheduled.map(({ spec }) => spec.jobTemplate?.spec?.template),
    ];
    const wantsNone = templates.some((template) =>
      selector.every(([label, value]) => template?.metadata?.labels?.[label] === value),
    );
    if (wantsNone && endpoints.every((e) => e.conditions?.terminating)) return false;
    if (endpoints.length === 0)
      return { subject: service, message: `Service ${namespace}/${name} has no endpoint: no pod that runs matches it` };
    return {
      subject: service,
      severity: "critical",
      message: `Service ${namespace}/${name} has endpoints, but none of them is ready`,
      evidence: { notReady: endpoints.length },
    };
  },
});
