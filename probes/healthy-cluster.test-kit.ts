import { deployment, healthyWorkloads } from "./healthy-workloads.test-kit.ts";
import { agoMicro, conditionOf, node, nodeLease, object, pod, service, slice, workload } from "./objects.test-kit.ts";

type Json = any;
const DAY = 86_400;
const system = { namespace: "kube-system" };

function nodes(): Json[] {
  const pool = (name: string) => ({ labels: { "node.kubernetes.io/pool": name } });
  const control = { taints: [{ effect: "NoSchedule", key: "node-role.kubernetes.io/control-plane" }] };
  return [
    node("control-1", { ...pool("control"), spec: control }),
    node("node-1", {
      ...pool("shop"),
      conditions: [conditionOf("KernelDeadlock", "False", DAY, { reason: "KernelHasNoDeadlock" })],
    }),
    node("node-2", { ...pool("shop"), spec: { unschedulable: true } }),
    // Without a lease, of a version of its own; what runs on it is somebody else's.
    node("virtual-1", {
      labels: { type: "virtual-kubelet" },
      spec: { taints: [{ effect: "NoSchedule", key: "virtual-kubelet.io/provider" }] },
      status: { nodeInfo: { kubeletVersion: "v1.19.10-vk-azure-aci-1.6.2" } },
    }),
    ...["control-1", "node-1", "node-2"].map((name) => nodeLease(name)),
    object("coordination.k8s.io/v1/Lease", "kube-scheduler", {
      ...system,
      spec: { holderIdentity: "control-1_a", leaseDurationSeconds: 15, renewTime: agoMicro(2) },
    }),
    object("coordination.k8s.io/v1/Lease", "apiserver-wlv32t", {
      ...system,
      spec: { leaseDurationSeconds: 3600, renewTime: agoMicro(3000) },
    }),
    {
      apiVersion: "roundsman",
      kind: "Cluster",
      metadata: { name: "test" },
      version: { major: "1", minor: "34", gitVersion: "v1.34.4" },
      kinds: [],
    },
  ];
}

function controlPlane(): Json[] {
  const host = { hostNetwork: true, nodeName: "control-1" };
  const atHost = { podIP: "192.0.2.1", podIPs: [{ ip: "192.0.2.1" }] };
  const proxy = workload("apps/v1/DaemonSet", "kube-proxy", {
    ...system,
    spec: { updateStrategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 }, type: "RollingUpdate" } },
    status: {
      currentNumberScheduled: 3,
      desiredNumberScheduled: 3,
      numberAvailable: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      updatedNumberScheduled: 3,
    },
  });
  const agent = workload("apps/v1/DaemonSet", "agent", {
    ...system,
    spec: { updateStrategy: { type: "OnDelete" } },
    status: { desiredNumberScheduled: 3, numberUnavailable: 1, updatedNumberScheduled: 1 },
  });
  const mirror = { annotations: { "kubernetes.io/config.mirror": "x" }, owners: [object("v1/Node", "control-1")] };
  return [
    ...["kube-apiserver", "kube-scheduler"].map((name) =>
      pod(`${name}-control-1`, { ...system, ...mirror, spec: host, status: atHost }),
    ),
    proxy,
    agent,
    ...[0, 1].map((i) => pod(`kube-proxy-${i}`, { ...system, owners: [proxy], spec: host, status: atHost })),
    ...deployment("coredns", 2, { ...system, labels: { "k8s-app": "kube-dns" } }),
    service("kube-dns", { ...system, spec: { selector: { "k8s-app": "kube-dns" } } }),
    slice("kube-dns", ["ready", "ready"], "kube-system"),
    service("kubernetes", { namespace: "default", spec: { selector: undefined } }),
    slice("kubernetes", ["unsaid"], "default"),
    ...deployment("metrics-server", 1, system),
    service("metrics-server", system),
    slice("metrics-server", ["ready"], "kube-system"),
  ];
}

function extensions(): Json[] {
  const available = (reason: string) => ({ conditions: [conditionOf("Available", "True", DAY, { reason })] });
  const api = (name: string, spec: Json, reason: string) =>
    object("apiregistration.k8s.io/v1/APIService", name, { spec, status: available(reason) });
  const names = [conditionOf("NamesAccepted", "True", DAY), conditionOf("Established", "True", DAY)];
  const crd = object("apiextensions.k8s.io/v1/CustomResourceDefinition", "widgets.example.com", {
    spec: { group: "example.com" },
    status: { conditions: names },
  });
  const hook = (clientConfig: Json) => ({
    clientConfig,
    failurePolicy: "Fail",
    name: "a.example.com",
    namespaceSelector: {},
    objectSelector: {},
    rules: [{ operations: ["CREATE"] }],
  });
  const configuration = (kind: string, name: string, clientConfig: Json) =>
    object(`admissionregistration.k8s.io/v1/${kind}`, name, {}, { webhooks: [hook(clientConfig)] });
  return [
    api("v1.", { version: "v1" }, "Local"),
    api("v1.apps", { group: "apps", version: "v1" }, "Local"),
    api(
      "v1beta1.metrics.k8s.io",
      {
        group: "metrics.k8s.io",
        service: { name: "metrics-server", namespace: "kube-system", port: 443 },
        version: "v1beta1",
      },
      "Passed",
    ),
    crd,
    object("example.com/v1/Widget", "w", { namespace: "shop", finalizers: ["example.com/hold"] }),
    configuration("ValidatingWebhookConfiguration", "guard", {
      service: { name: "web", namespace: "shop", port: 443 },
    }),
    configuration("MutatingWebhookConfiguration", "outside", { url: "https://guard.example.com" }),
  ];
}

/** What every cluster has at some moment, and nothing that a person should hear of. */
export function healthyCluster(): Json[] {
  const namespaces = ["default", "kube-system", "kube-node-lease", "shop"].map((name) =>
    object("v1/Namespace", name, { status: { phase: "Active" } }),
  );
  return [...namespaces, ...nodes(), ...controlPlane(), ...extensions(), ...healthyWorkloads()];
}
