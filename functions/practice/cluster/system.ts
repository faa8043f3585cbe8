import { type Wanted, wanted } from "../controllers/steward.ts";
import { MACHINES } from "../nodes/machines.ts";
import type { StaticPod } from "../nodes/static-pods.ts";
import { type App, containerOf, deployment, imageOf, service } from "./builders.ts";

const dns: App = { name: "coredns", namespace: "kube-system", replicas: 2, version: "1.12.4", port: 53 };
const metrics: App = { name: "metrics-server", namespace: "kube-system", replicas: 2, version: "0.8.0", port: 10_250 };
const agent: App = { name: "node-agent", namespace: "kube-system", replicas: 0, version: "1.6.0", cpu: "50m" };

const SYSTEM = { "roundsman.dev/owner": "team-platform" };

/** What belongs to the cluster itself. */
export const SYSTEM_OBJECTS: readonly Wanted[] = [
  deployment({ ...dns, labels: SYSTEM }),
  service(dns, {}, "kube-dns"),
  deployment({ ...metrics, labels: SYSTEM }),
  service(metrics),
  // On each node, on the node's own address.
  wanted("apps/v1/DaemonSet", {
    metadata: { name: agent.name, namespace: agent.namespace, labels: { app: agent.name, ...SYSTEM } },
    spec: {
      selector: { matchLabels: { app: agent.name } },
      template: {
        metadata: { labels: { app: agent.name } },
        spec: { hostNetwork: true, containers: [containerOf(agent)] },
      },
    },
  }),
  wanted("v1/Service", {
    metadata: { name: "kubernetes", namespace: "default", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443, targetPort: 6443, protocol: "TCP" }] },
  }),
  wanted("discovery.k8s.io/v1/EndpointSlice", {
    metadata: { name: "kubernetes", namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.11"], conditions: { ready: true } }],
    ports: [{ name: "https", port: 6443, protocol: "TCP" }],
  }),
  wanted("rbac.authorization.k8s.io/v1/ClusterRole", {
    metadata: { name: "view" },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }],
  }),
  wanted("certificates.k8s.io/v1/CertificateSigningRequest", {
    metadata: { name: "csr-general-a-1" },
    spec: { request: "", signerName: "kubernetes.io/kubelet-serving", usages: ["digital signature", "server auth"] },
    status: { conditions: [{ type: "Approved", status: "True", reason: "AutoApproved" }] },
  }),
];

const part = (name: string, node: string): StaticPod => ({
  name,
  node,
  spec: {
    hostNetwork: true,
    priorityClassName: "system-node-critical",
    containers: [{ name, image: imageOf(name, "1.34.4"), command: [name], resources: { requests: { cpu: "250m" } } }],
  },
});

/** The control plane runs as static pods, one set to a zone. */
export const STATIC_PODS: readonly StaticPod[] = MACHINES.filter(
  ({ name }) => name.startsWith("general") && name.endsWith("-1"),
).flatMap(({ name }) => [part("kube-apiserver", name), part("kube-scheduler", name)]);
