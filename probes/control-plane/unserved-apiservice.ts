import { condition, inspection } from "#sdk";

/** An API that another server should serve must be available. */
export default inspection.each({
  name: "control-plane/unserved-apiservice",
  severity: "critical",
  reason:
    "Requests for the API fail: without metrics.k8s.io nothing is autoscaled. Worse, every client that discovers all APIs is slowed or stopped by it, among them the deletion of namespaces, which then does not end.",
  help: "`kubectl describe apiservice <name>` says what fails; `kubectl -n <namespace> get service,endpointslices,pods` of the Service that it names shows whether its server runs. Look at that server's log, at its certificate (the caBundle), and whether the API server can reach it through network policies. If it was uninstalled, `kubectl delete apiservice <name>`.",
  for: "30s",
  of: {
    kind: "apiregistration.k8s.io/v1/APIService",
    // Without a service the API server serves it itself.
    where: {
      "spec.service.name": { exists: true },
      "status.conditions[type=Available].status": { not: "True" },
      "metadata.deletionTimestamp": { exists: false },
    },
    pick: ["spec.service.namespace", "spec.service.name", "status.conditions[type=Available]"],
  },
  check: (api) => {
    const { reason = "NeverAvailable", message, lastTransitionTime } = condition(api, "Available") ?? {};
    const { namespace, name } = api.spec.service ?? {};
    return {
      message: `API ${api.metadata.name} is not served by Service ${namespace}/${name} (${reason})`,
      since: lastTransitionTime ?? api.metadata.creationTimestamp,
      evidence: { says: message },
    };
  },
});
