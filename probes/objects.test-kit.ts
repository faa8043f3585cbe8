import { createHash } from "node:crypto";

/** Builds objects as an API server serialises them. Times are counted back from the moment that `examine` takes for now. */

type Json = any;
type Fields = Record<string, Json>;

interface Made {
  readonly namespace?: string | undefined;
  readonly labels?: Fields;
  readonly annotations?: Fields;
  /** Objects that own it; the first is its controller. */
  readonly owners?: readonly Json[];
  readonly uid?: string;
  /** When it was made: an age, such as 3600. */
  readonly age?: number;
  /** When it was deleted: an age. */
  readonly deleted?: number;
  readonly finalizers?: readonly string[];
  readonly spec?: Fields;
  readonly status?: Fields;
}

const NOW = Date.parse("2026-01-01T12:00:00Z");
const HOUR = 3600;

/** The time so many seconds ago. */
export const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace(".000Z", "Z");
/** The same in the precision that leases and new events have. */
export const agoMicro = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace("Z", "000Z");

const reference = (owner: Json, i: number) => ({
  apiVersion: owner.apiVersion,
  blockOwnerDeletion: true,
  ...(i === 0 && { controller: true }),
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
});

/** Any object: `kind` as in a read, such as "apps/v1/Deployment". */
export function object(kind: string, name: string, made: Made = {}, body: Fields = {}): Json {
  const at = kind.lastIndexOf("/");
  const { namespace, labels, annotations, owners, finalizers, age = HOUR, deleted, spec, status } = made;
  return {
    apiVersion: kind.slice(0, at),
    kind: kind.slice(at + 1),
    metadata: {
      ...(annotations && { annotations }),
      creationTimestamp: ago(age),
      ...(deleted !== undefined && { deletionGracePeriodSeconds: 30, deletionTimestamp: ago(deleted) }),
      ...(finalizers && { finalizers }),
      ...(labels && { labels }),
      name,
      ...(namespace && { namespace }),
      ...(owners && { ownerReferences: owners.map(reference) }),
      resourceVersion: "1",
      uid: made.uid ?? `uid-of-${kind.slice(at + 1)}-${namespace ?? ""}-${name}`,
    },
    ...body,
    ...(spec && { spec }),
    ...(status && { status }),
  };
}

export const conditionOf = (type: string, status: string, seconds: number, more: Fields = {}): Json => ({
  lastTransitionTime: ago(seconds),
  status,
  type,
  ...more,
});

/** A container's status; `restarted` is how long ago it last ended. */
export const container = (name: string, more: Fields = {}): Json => ({
  image: `registry.example.com/${name}:1`,
  imageID: "",
  name,
  ready: true,
  restartCount: 0,
  started: true,
  state: { running: { startedAt: ago(HOUR) } },
  lastState: {},
  ...more,
});

/** An address that no other name has. */
const addressOf = (name: string) => `10.${[...createHash("sha256").update(name).digest().subarray(0, 3)].join(".")}`;

/** A pod in namespace shop that runs on node-1 and is ready, with an address of its own. */
export function pod(name: string, made: Made = {}): Json {
  const { spec = {}, status = {}, age = HOUR } = made;
  const ip = addressOf(`${made.namespace ?? "shop"}/${name}`);
  const ready = ["Initialized", "PodScheduled", "ContainersReady", "Ready"];
  return object("v1/Pod", name, {
    namespace: "shop",
    ...made,
    spec: {
      containers: [{ image: "registry.example.com/app:1", name: "app", resources: {} }],
      nodeName: "node-1",
      restartPolicy: "Always",
      tolerations: [
        { effect: "NoExecute", key: "node.kubernetes.io/not-ready", operator: "Exists", tolerationSeconds: 300 },
      ],
      ...spec,
    },
    status: {
      conditions: ready.map((type) => ({ lastProbeTime: null, ...conditionOf(type, "True", age) })),
      containerStatuses: [container("app")],
      hostIP: "192.0.2.1",
      hostIPs: [{ ip: "192.0.2.1" }],
      phase: "Running",
      podIP: ip,
      podIPs: [{ ip }],
      qosClass: "BestEffort",
      startTime: ago(age),
      ...status,
    },
  });
}

/** A node that is ready. `conditions` come in the place of its own ones of the same types. */
export function node(name: string, made: Made & { readonly conditions?: readonly Json[] } = {}): Json {
  const { conditions = [], spec = {}, status = {}, age = 30 * 24 * HOUR } = made;
  const beat = {
    lastHeartbeatTime: ago(20),
    message: "kubelet has nothing to complain of",
    reason: "KubeletHasSufficient",
  };
  const usual = [
    ["MemoryPressure", "False"],
    ["DiskPressure", "False"],
    ["PIDPressure", "False"],
    ["Ready", "True"],
  ];
  return object("v1/Node", name, {
    ...made,
    age,
    labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", ...made.labels },
    spec: { podCIDR: "10.0.0.0/24", providerID: `cloud:///${name}`, ...spec },
    status: {
      addresses: [{ address: "192.0.2.1", type: "InternalIP" }],
      allocatable: { cpu: "4", memory: "16Gi", pods: "110" },
      capacity: { cpu: "4", memory: "16Gi", pods: "110" },
      conditions: [
        ...usual
          .filter(([type]) => !conditions.some((c) => c.type === type))
          .map(([type, is]) => conditionOf(type!, is!, age, beat)),
        ...conditions,
      ],
      nodeInfo: { kubeletVersion: "v1.34.4", operatingSystem: "linux" },
      ...status,
    },
  });
}

export const nodeLease = (name: string, renewed = 5): Json =>
  object("coordination.k8s.io/v1/Lease", name, {
    namespace: "kube-node-lease",
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: agoMicro(renewed) },
  });

/** A Service in namespace shop that selects `app: <name>`. */
export const service = (name: string, made: Made = {}): Json =>
  object("v1/Service", name, {
    namespace: "shop",
    ...made,
    spec: {
      clusterIP: "198.19.0.7",
      clusterIPs: ["198.19.0.7"],
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      selector: { app: name },
      sessionAffinity: "None",
      type: "ClusterIP",
      ...made.spec,
    },
    status: { loadBalancer: {} },
  });

export const ENDPOINT = {
  ready: { ready: true, serving: true, terminating: false },
  unready: { ready: false, serving: false, terminating: false },
  ending: { ready: false, serving: true, terminating: true },
  gone: { ready: false, serving: false, terminating: true },
  unsaid: {},
} as const;

/** A slice of a Service's endpoints: `null` where there are none, as the API server says it. */
export function slice(
  of: string,
  endpoints: readonly (keyof typeof ENDPOINT)[],
  namespace = "shop",
  id = "abcde",
): Json {
  const list = endpoints.map((is, i) => ({
    addresses: [`10.0.0.${i + 1}`],
    conditions: ENDPOINT[is],
    nodeName: "node-1",
  }));
  return object(
    "discovery.k8s.io/v1/EndpointSlice",
    `${of}-${id}`,
    {
      namespace,
      labels: {
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": of,
      },
    },
    { addressType: "IPv4", endpoints: list.length > 0 ? list : null, ports: [{ name: "", port: 80, protocol: "TCP" }] },
  );
}

/** A workload in namespace shop whose pods carry `app: <name>`. */
export const workload = (kind: string, name: string, made: Made = {}): Json =>
  object(kind, name, {
    namespace: "shop",
    ...made,
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: {} },
      ...made.spec,
    },
  });
export const replicaSet = (name: string, made: Made = {}): Json =>
  workload("apps/v1/ReplicaSet", name, { ...made, spec: { replicas: 1, ...made.spec } });

/** An event as the recorder of kubelets and node-problem-detector writes it; `last` is how long ago it was last seen. */
export const event = (reason: string, involved: Json, message: string, last: number, name = `${reason}.1`): Json =>
  object(
    "v1/Event",
    name,
    { namespace: involved.metadata.namespace ?? "default", age: last },
    {
      count: 1,
      eventTime: null,
      firstTimestamp: ago(last),
      lastTimestamp: ago(last),
      involvedObject: {
        kind: involved.kind,
        name: involved.metadata.name,
        namespace: involved.metadata.namespace,
        uid: involved.metadata.uid,
      },
      message,
      reason,
      reportingComponent: "",
      reportingInstance: "",
      source: { component: "kubelet" },
      type: "Warning",
    },
  );
