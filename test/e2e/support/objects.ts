/** Objects as kubectl takes them. */
export interface Obj {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

type Labels = Readonly<Record<string, string>>;

/** Where pods run that shall run. Nodes with this label stay well all the time. */
export const STEADY = { "e2e.example.com/role": "steady" } as const;
export const POOL = "e2e.example.com/pool";

export const namespace = (name: string): Obj => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

export interface NodeOptions {
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly spec?: object;
  readonly status?: object;
}

/** A node that KWOK plays: it is made ready, its lease is renewed, its pods run. */
export const playedNode = (name: string, { labels = {}, spec, status }: NodeOptions = {}): Obj => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels, annotations: { "kwok.x-k8s.io/node": "fake" } },
  ...(spec && { spec }),
  ...(status && { status }),
});

export interface PodOptions {
  readonly labels?: Labels;
  readonly requests?: Labels;
  readonly image?: string;
  /** Takes the place of what is there by default, the choice of nodes among it. */
  readonly spec?: object;
}

export const podTemplate = ({ labels = {}, requests, image = "app", spec }: PodOptions) => ({
  metadata: { labels },
  spec: {
    nodeSelector: STEADY,
    containers: [{ name: "app", image, ...(requests && { resources: { requests } }) }],
    ...spec,
  },
});

export const pod = (ns: string, name: string, options: PodOptions = {}): Obj => {
  const { metadata, spec } = podTemplate(options);
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: ns, ...metadata }, spec };
};

export interface WorkloadOptions extends PodOptions {
  readonly replicas?: number;
  /** More of the workload's own spec. */
  readonly more?: object;
}

const workload = (kind: string, ns: string, name: string, { replicas, more, ...of }: WorkloadOptions): Obj => {
  const labels = { app: name, ...of.labels };
  return {
    apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name, namespace: ns },
    spec: {
      ...(kind !== "Job" && { selector: { matchLabels: labels } }),
      ...(replicas !== undefined && { replicas }),
      template: podTemplate({ ...of, labels }),
      ...more,
    },
  };
};

export const deployment = (ns: string, name: string, options: WorkloadOptions = {}) =>
  workload("Deployment", ns, name, options);
export const replicaSet = (ns: string, name: string, options: WorkloadOptions = {}) =>
  workload("ReplicaSet", ns, name, options);
export const daemonSet = (ns: string, name: string, options: WorkloadOptions = {}) =>
  workload("DaemonSet", ns, name, options);
export const statefulSet = (ns: string, name: string, options: WorkloadOptions = {}) =>
  workload("StatefulSet", ns, name, { ...options, more: { serviceName: name, ...options.more } });
export const job = (ns: string, name: string, options: WorkloadOptions = {}) =>
  workload("Job", ns, name, { ...options, spec: { restartPolicy: "Never", ...options.spec } });

export const service = (ns: string, name: string, selector: Labels | undefined, more: object = {}): Obj => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: ns },
  spec: { ...(selector && { selector }), ports: [{ port: 80 }], ...more },
});

const SIZE = { storage: "1Gi" };

/** A volume that is meant for one claim. */
export const volume = (name: string, ns: string, claim: string, more: object = {}): Obj => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name },
  spec: {
    capacity: SIZE,
    accessModes: ["ReadWriteOnce"],
    storageClassName: "",
    persistentVolumeReclaimPolicy: "Retain",
    hostPath: { path: `/srv/${name}` },
    claimRef: { namespace: ns, name: claim },
    ...more,
  },
});

export const claim = (ns: string, name: string, volumeName: string | undefined, more: object = {}): Obj => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: ns },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "",
    resources: { requests: SIZE },
    ...(volumeName !== undefined && { volumeName }),
    ...more,
  },
});

export const definition = (group: string, plural: string, kind: string): Obj => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural, kind },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});

export interface HookOptions {
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly objectSelector?: object;
}

/** An admission webhook for objects that nobody makes, so that it refuses nothing. */
export const webhook = (
  kind: "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
  name: string,
  clientConfig: object,
  { failurePolicy = "Fail", objectSelector }: HookOptions = {},
): Obj => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind,
  metadata: { name },
  webhooks: [
    {
      name: "hook.e2e.example.com",
      clientConfig,
      failurePolicy,
      ...(objectSelector && { objectSelector }),
      rules: [{ apiGroups: ["nobody.example.com"], apiVersions: ["*"], operations: ["CREATE"], resources: ["*"] }],
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
    },
  ],
});

/** An API that another server should serve, at a port of a Service. */
export const apiService = (group: string, ns: string, name: string, port: number): Obj => ({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: `v1.${group}` },
  spec: {
    group,
    version: "v1",
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { namespace: ns, name, port },
  },
});
