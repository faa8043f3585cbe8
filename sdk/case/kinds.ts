import type * as k8s from "@kubernetes/client-node";

/** What the API server's JSON really holds: client-node's models say `Date` and `_from`; JSON says string and `from`. */
export type Json<T> = T extends Date
  ? string
  : T extends (infer E)[]
    ? Json<E>[]
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends object
        ? { [K in keyof T as K extends `_${infer N}` ? N : K]: Json<T[K]> }
        : T;

type Meta = Json<k8s.V1ObjectMeta> & { name: string; uid: string; creationTimestamp: string };

type Typed<ApiVersion extends string, Kind extends string, T> = Omit<
  Json<T>,
  "apiVersion" | "kind" | "metadata" | "spec"
> & { apiVersion: ApiVersion; kind: Kind; metadata: Meta } & (T extends { spec?: infer S }
    ? { spec: Json<NonNullable<S>> }
    : unknown);

/**
 * The kinds that tsc knows, by "apiVersion/Kind". Open: a team adds its custom resources with
 * `declare module "roundsman" { interface Kinds { "example.com/v1/Widget": Widget } }`.
 * v1/Secret is absent on purpose: no case reads one.
 */
export interface Kinds {
  "v1/ConfigMap": k8s.V1ConfigMap;
  "v1/Event": k8s.CoreV1Event;
  "v1/LimitRange": k8s.V1LimitRange;
  "v1/Namespace": k8s.V1Namespace;
  "v1/Node": k8s.V1Node;
  "v1/PersistentVolume": k8s.V1PersistentVolume;
  "v1/PersistentVolumeClaim": k8s.V1PersistentVolumeClaim;
  "v1/Pod": k8s.V1Pod;
  "v1/ReplicationController": k8s.V1ReplicationController;
  "v1/ResourceQuota": k8s.V1ResourceQuota;
  "v1/Service": k8s.V1Service;
  "v1/ServiceAccount": k8s.V1ServiceAccount;
  "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration": k8s.V1MutatingWebhookConfiguration;
  "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration": k8s.V1ValidatingWebhookConfiguration;
  "apiextensions.k8s.io/v1/CustomResourceDefinition": k8s.V1CustomResourceDefinition;
  "apiregistration.k8s.io/v1/APIService": k8s.V1APIService;
  "apps/v1/DaemonSet": k8s.V1DaemonSet;
  "apps/v1/Deployment": k8s.V1Deployment;
  "apps/v1/ReplicaSet": k8s.V1ReplicaSet;
  "apps/v1/StatefulSet": k8s.V1StatefulSet;
  "autoscaling/v2/HorizontalPodAutoscaler": k8s.V2HorizontalPodAutoscaler;
  "batch/v1/CronJob": k8s.V1CronJob;
  "batch/v1/Job": k8s.V1Job;
  "certificates.k8s.io/v1/CertificateSigningRequest": k8s.V1CertificateSigningRequest;
  "coordination.k8s.io/v1/Lease": k8s.V1Lease;
  "discovery.k8s.io/v1/EndpointSlice": k8s.V1EndpointSlice;
  "networking.k8s.io/v1/Ingress": k8s.V1Ingress;
  "networking.k8s.io/v1/IngressClass": k8s.V1IngressClass;
  "networking.k8s.io/v1/NetworkPolicy": k8s.V1NetworkPolicy;
  "node.k8s.io/v1/RuntimeClass": k8s.V1RuntimeClass;
  "policy/v1/PodDisruptionBudget": k8s.V1PodDisruptionBudget;
  "rbac.authorization.k8s.io/v1/ClusterRole": k8s.V1ClusterRole;
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": k8s.V1ClusterRoleBinding;
  "rbac.authorization.k8s.io/v1/Role": k8s.V1Role;
  "rbac.authorization.k8s.io/v1/RoleBinding": k8s.V1RoleBinding;
  "scheduling.k8s.io/v1/PriorityClass": k8s.V1PriorityClass;
  "storage.k8s.io/v1/CSIDriver": k8s.V1CSIDriver;
  "storage.k8s.io/v1/CSINode": k8s.V1CSINode;
  "storage.k8s.io/v1/StorageClass": k8s.V1StorageClass;
  "storage.k8s.io/v1/VolumeAttachment": k8s.V1VolumeAttachment;
  /** The metadata of every object of every served kind, never Secrets, Events, Leases. */
  "*": k8s.KubernetesObject;
  /** One row per cluster, made by the watcher. */
  "roundsman/Cluster": ClusterRow;
  /** The canary's row, made by the watcher: there for one round, gone for the next. */
  "roundsman/Canary": CanaryRow;
}

/** The row of kind `roundsman/Canary`. */
export interface CanaryRow {
  metadata?: k8s.V1ObjectMeta;
  /** Unix ms, by the watcher's clock. */
  sent: number;
}

/** The row of kind `roundsman/Cluster`. A dump may not tell the version; the row is then missing. */
export interface ClusterRow {
  metadata?: k8s.V1ObjectMeta;
  /** What the API server says of itself. */
  version: { major: string; minor: string; gitVersion: string };
  /** Served kinds, as "apiVersion/Kind". */
  kinds: string[];
}

export type KindName = keyof Kinds;

/** The object of a kind, as JSON. */
export type ObjectOf<K> = K extends "*"
  ? { apiVersion: string; kind: string; metadata: Meta }
  : K extends KindName
    ? K extends `${infer Group}/${infer Version}/${infer Kind}`
      ? Typed<`${Group}/${Version}`, Kind, Kinds[K]>
      : K extends `${infer Version}/${infer Kind}`
        ? Typed<Version, Kind, Kinds[K]>
        : never
    : never;
