import { POOL_LABEL } from "./configs.ts";
import {
  apiService,
  claim,
  daemonSet,
  definition,
  deployment,
  job,
  namespace,
  type Obj,
  playedNode,
  pod,
  STEADY,
  service,
  statefulSet,
  volume,
  webhook,
} from "./objects.ts";

const NS = "steady";
const GROUP = "steady.example.com";
const app = (name: string) => ({ "app.kubernetes.io/name": name });
const pickOf = (name: string, version: string) => ({ ...app(name), version });
const hostNetwork = { hostNetwork: true, nodeSelector: STEADY };

const nodes = (): Obj[] => [
  ...["steady-1", "steady-2", "steady-3"].map((name) =>
    playedNode(name, { labels: { ...STEADY, "e2e.example.com/node": name } }),
  ),
  playedNode("steady-cordoned", { labels: { [POOL_LABEL]: "spare" }, spec: { unschedulable: true } }),
  // Not in service yet: no kubelet has come up.
  {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "steady-joining" },
    spec: { taints: [{ key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" }] },
  },
];

const workloads = (): Obj[] => [
  deployment(NS, "web", { replicas: 2, labels: pickOf("web", "v1") }),
  deployment(NS, "web-canary", { replicas: 1, labels: pickOf("web", "v2") }),
  deployment(NS, "none", { replicas: 0 }),
  deployment(NS, "paused", { replicas: 1 }),
  deployment(NS, "hook", { replicas: 1 }),
  statefulSet(NS, "db", { replicas: 2 }),
  statefulSet(NS, "held-back", { replicas: 2, more: { updateStrategy: { rollingUpdate: { partition: 2 } } } }),
  statefulSet(NS, "by-hand", { replicas: 1, more: { updateStrategy: { type: "OnDelete" } } }),
  daemonSet(NS, "agent", { spec: hostNetwork }),
  daemonSet(NS, "other-agent", { spec: hostNetwork }),
  job(NS, "done"),
  job(NS, "suspended", { more: { suspend: true } }),
  // Held back by intent.
  pod(NS, "gated", { spec: { schedulingGates: [{ name: "steady.example.com/queue" }] } }),
  pod(NS, "alone"),
];

const services = (): Obj[] => [
  service(NS, "web", app("web")),
  service(NS, "web-members", app("web"), { clusterIP: "None" }),
  service(NS, "all-members", undefined, { clusterIP: "None" }),
  service(NS, "db", { app: "db" }, { clusterIP: "None" }),
  service(NS, "none", { app: "none" }),
  service(NS, "done", { app: "done" }),
  service(NS, "hook", { app: "hook" }),
  service(NS, "elsewhere", undefined, { type: "ExternalName", externalName: "example.com", ports: [] }),
  service(NS, "by-hand", undefined),
  service(NS, "backend", undefined, { type: "ExternalName", externalName: "localhost", ports: [] }),
];

const storage = (): Obj[] => [
  volume("steady-bound", NS, "bound"),
  claim(NS, "bound", "steady-bound"),
  volume("steady-available", NS, "nobody", { claimRef: undefined }),
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "steady-late" },
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "WaitForFirstConsumer",
  },
  claim(NS, "waiting", undefined, { storageClassName: "steady-late" }),
];

const extensions = (port: number): Obj[] => {
  const at = { service: { namespace: NS, name: "hook" } };
  return [
    definition(GROUP, "gadgets", "Gadget"),
    webhook("ValidatingWebhookConfiguration", "steady-hook", at),
    webhook("MutatingWebhookConfiguration", "steady-hook", at, { failurePolicy: "Ignore" }),
    webhook("ValidatingWebhookConfiguration", "steady-url", { url: "https://127.0.0.1:9/" }),
    apiService(`api.${GROUP}`, NS, "backend", port),
  ];
};

const words = (): Obj[] => [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "held", namespace: NS, finalizers: ["steady.example.com/keep"] },
  },
  {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "hung-long-ago", namespace: "default" },
    involvedObject: { kind: "Node", name: "steady-1", uid: "steady-1" },
    reason: "TaskHung",
    message: "blocked",
    type: "Warning",
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    count: 1,
  },
];

/** A cluster that is well, in all the ways that look like something is wrong. `port`: where an aggregated API answers. */
export const twins = (port: number): Obj[] => [
  namespace(NS),
  ...nodes(),
  ...workloads(),
  ...services(),
  ...storage(),
  ...extensions(port),
  ...words(),
];

/** Rollouts that someone holds back: made by a second look at what is there. */
export const heldBack = (): Obj[] => [
  deployment(NS, "paused", { replicas: 1, image: "next", more: { paused: true } }),
  statefulSet(NS, "held-back", {
    replicas: 2,
    image: "next",
    more: { updateStrategy: { rollingUpdate: { partition: 2 } } },
  }),
  statefulSet(NS, "by-hand", { replicas: 1, image: "next", more: { updateStrategy: { type: "OnDelete" } } }),
  { apiVersion: `${GROUP}/v1`, kind: "Gadget", metadata: { name: "one", namespace: NS } },
];
