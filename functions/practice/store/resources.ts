/** One kind of object as the API serves it. */
export interface Resource {
  /** `pods`, `deployments.apps`: what the store files its objects under. */
  readonly id: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly ("status" | "scale" | "finalize" | "eviction")[];
  /** metadata.generation counts changes of these fields; `*` = of everything but metadata and status. */
  readonly generation: readonly string[] | "*" | undefined;
  /** Custom objects carry apiVersion and kind in lists, and know no strategic merge. */
  readonly custom: boolean;
  /** A deletion answers with the object itself, not with a Status. */
  readonly returnsDeleted: boolean;
  /** A PUT must say which resourceVersion it replaces. */
  readonly conditionalUpdate: boolean;
  /** The definition is being deleted: nothing new is accepted. */
  readonly terminating: boolean;
  /** Served by another server behind an APIService. */
  readonly aggregated: boolean;
}

export const apiVersionOf = (resource: { readonly group: string; readonly version: string }): string =>
  resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;

export const ALL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;

type Options = Partial<Omit<Resource, "id" | "group" | "version" | "kind" | "plural">>;

export const resource = (
  group: string,
  version: string,
  kind: string,
  plural: string,
  options: Options = {},
): Resource => ({
  id: group === "" ? plural : `${plural}.${group}`,
  group,
  version,
  kind,
  plural,
  listKind: `${kind}List`,
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ALL_VERBS,
  subresources: [],
  generation: undefined,
  custom: false,
  returnsDeleted: false,
  conditionalUpdate: false,
  terminating: false,
  aggregated: false,
  ...options,
});

const CLUSTER = { namespaced: false } as const;
const STATUS = { subresources: ["status"] } as const;
const SPEC = { generation: ["spec"] } as const;
const SCALED = { subresources: ["scale", "status"], categories: ["all"], ...SPEC } as const;
const HOOKS = {
  ...CLUSTER,
  categories: ["api-extensions"],
  generation: ["webhooks"],
  conditionalUpdate: true,
} as const;
const RBAC = "rbac.authorization.k8s.io";

/** What is served from the start, in the API server's order of groups. */

export const BUILT_IN: readonly Resource[] = [
  resource("", "v1", "ConfigMap", "configmaps", { shortNames: ["cm"] }),
  resource("", "v1", "Event", "events", { shortNames: ["ev"] }),
  resource("", "v1", "Namespace", "namespaces", {
    ...CLUSTER,
    shortNames: ["ns"],
    subresources: ["finalize", "status"],
    verbs: ALL_VERBS.filter((verb) => verb !== "deletecollection"),
  }),
  resource("", "v1", "Node", "nodes", { ...CLUSTER, ...STATUS, shortNames: ["no"] }),
  resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", {
    ...STATUS,
    shortNames: ["pvc"],
    returnsDeleted: true,
  }),
  resource("", "v1", "PersistentVolume", "persistentvolumes", {
    ...CLUSTER,
    ...STATUS,
    shortNames: ["pv"],
    returnsDeleted: true,
  }),
  resource("", "v1", "Pod", "pods", {
    subresources: ["eviction", "status"],
    ...SPEC,
    shortNames: ["po"],
    categories: ["all"],
    returnsDeleted: true,
  }),
  resource("", "v1", "Secret", "secrets"),
  resource("", "v1", "ServiceAccount", "serviceaccounts", { shortNames: ["sa"], returnsDeleted: true }),
  resource("", "v1", "Service", "services", {
    ...STATUS,
    shortNames: ["svc"],
    categories: ["all"],
    returnsDeleted: true,
  }),
  resource("apiregistration.k8s.io", "v1", "APIService", "apiservices", {
    ...CLUSTER,
    ...STATUS,
    categories: ["api-extensions"],
    conditionalUpdate: true,
  }),
  resource("apps", "v1", "DaemonSet", "daemonsets", { ...STATUS, ...SPEC, shortNames: ["ds"], categories: ["all"] }),
  resource("apps", "v1", "Deployment", "deployments", { ...SCALED, shortNames: ["deploy"] }),
  resource("apps", "v1", "ReplicaSet", "replicasets", { ...SCALED, shortNames: ["rs"] }),
  resource("apps", "v1", "StatefulSet", "statefulsets", { ...SCALED, shortNames: ["sts"] }),
  resource("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", {
    ...STATUS,
    shortNames: ["hpa"],
    categories: ["all"],
  }),
  resource("batch", "v1", "CronJob", "cronjobs", { ...STATUS, ...SPEC, shortNames: ["cj"], categories: ["all"] }),
  resource("batch", "v1", "Job", "jobs", { ...STATUS, ...SPEC, categories: ["all"] }),
  resource("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", {
    ...CLUSTER,
    ...STATUS,
    shortNames: ["csr"],
  }),
  resource("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", {
    ...STATUS,
    ...SPEC,
    shortNames: ["pdb"],
    conditionalUpdate: true,
  }),
  resource(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", CLUSTER),
  resource(RBAC, "v1", "ClusterRole", "clusterroles", CLUSTER),
  resource(RBAC, "v1", "RoleBinding", "rolebindings"),
  resource(RBAC, "v1", "Role", "roles"),
  resource("storage.k8s.io", "v1", "StorageClass", "storageclasses", {
    ...CLUSTER,
    shortNames: ["sc"],
    returnsDeleted: true,
  }),
  resource(
    "admissionregistration.k8s.io",
    "v1",
    "MutatingWebhookConfiguration",
    "mutatingwebhookconfigurations",
    HOOKS,
  ),
  resource(
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingWebhookConfiguration",
    "validatingwebhookconfigurations",
    HOOKS,
  ),
  resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", {
    ...CLUSTER,
    ...STATUS,
    ...SPEC,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    conditionalUpdate: true,
  }),
  resource("coordination.k8s.io", "v1", "Lease", "leases", { conditionalUpdate: true }),
  resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", {
    generation: ["addressType", "endpoints", "ports"],
  }),
];
