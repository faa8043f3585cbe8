import { inspection } from "#sdk";
import { ANSWERING } from "../network/answering.ts";

interface Selector {
  readonly matchLabels?: { [name: string]: string };
  readonly matchExpressions?: { operator: string }[];
}

/** Whether it takes only what carries a label, rather than everything but. */
const narrows = (selector: Selector | undefined) =>
  Object.keys(selector?.matchLabels ?? {}).length > 0 ||
  (selector?.matchExpressions ?? []).some(({ operator }) => operator === "In" || operator === "Exists");

/** The Service that an admission webhook calls must have a ready endpoint. */
export default inspection({
  name: "control-plane/webhook-without-backend",
  severity: "critical",
  reason:
    "The API server calls the webhook before it accepts a request. Where its failurePolicy is Fail, every such request is refused: pods are not created, nodes cannot be repaired, and the webhook's own pods may be among them. Where it is Ignore, what it should enforce is not enforced, and each request waits for the time-out.",
  help: "Bring its backend back: `kubectl -n <namespace> get pods,endpointslices` of the Service. If its pods cannot be created because the webhook refuses them, or if it belongs to something that was uninstalled, delete the configuration: `kubectl delete validatingwebhookconfiguration <name>` (or mutating…); the operator makes it again. Then exempt the webhook's own namespace and kube-system by its namespaceSelector.",
  for: "10s",
  reads: {
    hooks: {
      kind: [
        "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
      ],
      where: { "metadata.deletionTimestamp": { exists: false } },
      by: ["webhooks[].clientConfig.service.namespace", "webhooks[].clientConfig.service.name"],
      pick: [
        "webhooks[].name",
        "webhooks[].failurePolicy",
        "webhooks[].clientConfig.service",
        "webhooks[].namespaceSelector",
        "webhooks[].objectSelector",
        "webhooks[].rules[].operations",
      ],
    },
    service: {
      kind: "v1/Service",
      by: ["metadata.namespace", "metadata.name"],
      pick: ["spec.type"],
      rows: "0-1",
    },
    answering: {
      kind: "discovery.k8s.io/v1/EndpointSlice",
      where: ANSWERING,
      by: ["metadata.namespace", "metadata.labels['kubernetes.io/service-name']"],
      pick: [],
      rows: "0",
    },
  },
  check: ({ hooks, service }, { key: [namespace, name] }) => {
    // The API server calls the other name itself.
    if (service?.spec.type === "ExternalName") return false;
    return hooks.map((config) => {
      // A webhook without rules is never called.
      const calling = (config.webhooks ?? []).filter(
        ({ clientConfig: { service: to }, rules }) => to?.namespace === namespace && to.name === name && rules?.length,
      );
      if (calling.length === 0) return false;
      const refusing = calling.filter((hook) => hook.failurePolicy !== "Ignore");
      const wide = refusing.some((hook) => !narrows(hook.namespaceSelector) && !narrows(hook.objectSelector));
      const lacks = service ? "has no ready endpoint" : "does not exist";
      const then = refusing.length > 0 ? "requests that it should admit are refused" : "its checks are skipped";
      return {
        per: config,
        severity: refusing.length === 0 ? ("low" as const) : wide ? ("critical" as const) : ("high" as const),
        message: `${config.kind} ${config.metadata.name} calls Service ${namespace}/${name}, which ${lacks}: ${then}`,
        evidence: { webhooks: calling.slice(0, 20).map((hook) => `${hook.name} (${hook.failurePolicy ?? "Fail"})`) },
      };
    });
  },
});
