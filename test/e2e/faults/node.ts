import { setTimeout as wait } from "node:timers/promises";
import { AFTER, FOR, POOL_LABEL } from "../support/configs.ts";
import { condition, type Expected, type Fault } from "../support/fault.ts";
import { deployment, namespace, type Obj, playedNode, pod, service } from "../support/objects.ts";
import type { World } from "../support/world.ts";

const role = (name: string) => ({ "e2e.example.com/role": name });
const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

/** Who holds a lost node's lease: while it is not KWOK, KWOK renews neither the lease nor plays the node's pods. */
const GONE = "a kubelet that died";
const leaseOf = (world: World, node: string) => world.find("Lease", node);
/** Until KWOK holds it again, which is when it renews it. */
const isLost = (node: string) => (world: World) =>
  leaseOf(world, node) !== undefined && [GONE, undefined].includes(leaseOf(world, node).spec.holderIdentity);
const takeLease = (node: string): [string[], object] => [
  ["lease", node, "-n", "kube-node-lease"],
  { spec: { holderIdentity: GONE, leaseDurationSeconds: 3_600 } },
];
const giveLease = (node: string): [string[], object] => [
  ["lease", node, "-n", "kube-node-lease"],
  { spec: { holderIdentity: null } },
];

const staleLease = (node: string, severity: "high" | "medium"): Expected => ({
  case: "node/lease-stale",
  severity,
  subject: { kind: "Node", name: node },
  for: AFTER,
  shown: isLost(node),
  since: (world) => leaseOf(world, node).spec.renewTime,
});

const notReady = (node: string, severity: "critical" | "medium"): Expected => ({
  case: "node/not-ready",
  severity,
  subject: { kind: "Node", name: node },
  for: FOR,
  shown: (world) => ["False", "Unknown"].includes(condition(world.find("Node", node), "Ready")?.status),
  since: (world) => condition(world.find("Node", node), "Ready").lastTransitionTime,
});

/** ms in which KWOK starts a pod where it plays the node: it takes a tenth of it. */
const STARTED = 1_000;

/**
 * A machine dies: its lease is renewed no more, the node lifecycle controller takes the node and its pods for not
 * ready, what should start there does not, what is deleted there does not go, and a Service loses its only endpoint.
 */
const lostNode = (): Fault => {
  const name = "lost-node";
  const here = { spec: { nodeSelector: role(name) } };
  const leaving = (world: World) => world.find("Pod", "leaving", name);
  const arriving = (world: World) => world.find("Pod", "arriving", name);
  const onIt = { spec: { nodeSelector: {}, nodeName: name } };
  return {
    name,
    objects: [
      namespace(name),
      playedNode(name, { labels: role(name) }),
      deployment(name, "shop", { replicas: 1, ...here }),
      service(name, "shop", { app: "shop" }),
      pod(name, "leaving", here),
    ],
    make: async ({ cluster, world }) => {
      for (;;) {
        await cluster.patch(...takeLease(name));
        await world.until(isLost(name));
        await cluster.apply([pod(name, "arriving", onIt)]);
        await wait(STARTED);
        if (arriving(world)?.status.phase === "Pending") break;
        // One time in six KWOK goes on playing the pods of a node whose lease another holds.
        process.stdout.write(`${name}: its pods are still played; once more\n`);
        await cluster.kubectl("delete", "pod", "arriving", "-n", name, "--force", "--grace-period=0");
        await cluster.patch(...giveLease(name));
        await world.until((now) => !isLost(name)(now));
      }
      await cluster.kubectl("delete", "pod", "leaving", "-n", name, "--grace-period=1", "--wait=false");
    },
    mend: async ({ cluster, world }) => {
      await cluster.patch(...giveLease(name));
      await world.until((now) => condition(now.find("Node", name), "Ready")?.status === "True");
      // A kubelet would say that its pods are ready again. KWOK does not: a new pod is.
      await cluster.kubectl("delete", "pod", "-n", name, "-l", "app=shop", "--wait=false");
    },
    expected: [
      staleLease(name, "high"),
      notReady(name, "critical"),
      {
        case: "workload/pending-too-long",
        severity: "medium",
        subject: { kind: "Pod", namespace: name, name: "arriving" },
        for: AFTER,
        shown: (world) => arriving(world)?.status.phase === "Pending",
        since: (world) => arriving(world).metadata.creationTimestamp,
      },
      {
        case: "workload/stuck-terminating",
        severity: "medium",
        subject: { kind: "Pod", namespace: name, name: "leaving" },
        for: AFTER,
        shown: (world) => leaving(world)?.metadata.deletionTimestamp !== undefined,
        since: (world) => leaving(world).metadata.deletionTimestamp,
      },
      {
        case: "network/service-without-endpoints",
        severity: "critical",
        subject: { kind: "Service", namespace: name, name: "shop" },
        for: FOR,
        shown: (world) => {
          const endpoints = world.all("EndpointSlice", name).flatMap((slice) => slice.endpoints ?? []);
          return endpoints.length > 0 && endpoints.every((one) => one.conditions.ready === false);
        },
      },
    ],
  };
};

/** The same on a node that someone has cordoned: less grave. */
const cordonedNode = (): Fault => {
  const name = "cordoned-node";
  return {
    name,
    objects: [playedNode(name, { spec: { unschedulable: true } })],
    make: ({ cluster }) => cluster.patch(...takeLease(name)),
    mend: ({ cluster }) => cluster.patch(...giveLease(name)),
    expected: [staleLease(name, "medium"), notReady(name, "medium")],
  };
};

const setConditions = (world: World, node: string, conditions: readonly object[]) => {
  const types = new Set(conditions.map((one: any) => one.type));
  const others = world.find("Node", node).status.conditions.filter(({ type }: any) => !types.has(type));
  const at = now();
  const stamped = conditions.map((one) => ({ lastHeartbeatTime: at, lastTransitionTime: at, ...one }));
  return { status: { conditions: [...others, ...stamped] } };
};

/** A kubelet tells that it is short of room, and of its runtime. Patched: KWOK never says so, nor takes it back. */
export const unwellNode = (name = "unwell-node"): Fault => {
  const says = (world: World, ready: string, pressure: string) =>
    setConditions(world, name, [
      { type: "Ready", status: ready, reason: "KubeletNotReady", message: "container runtime is down" },
      { type: "MemoryPressure", status: pressure, reason: "Kubelet", message: "" },
      { type: "DiskPressure", status: pressure, reason: "Kubelet", message: "" },
    ]);
  const pressure = (type: string): Expected => ({
    case: "node/pressure",
    rule: type,
    severity: "medium",
    subject: { kind: "Node", name },
    for: FOR,
    shown: (world) => condition(world.find("Node", name), type)?.status === "True",
    since: (world) => condition(world.find("Node", name), type).lastTransitionTime,
  });
  return {
    name,
    objects: [playedNode(name)],
    make: ({ cluster, world }) => cluster.patch(["node", name], says(world, "False", "True"), "status"),
    mend: ({ cluster, world }) => cluster.patch(["node", name], says(world, "True", "False"), "status"),
    expected: [notReady(name, "critical"), pressure("MemoryPressure"), pressure("DiskPressure")],
  };
};

/** A pod is bound by hand to a node that has no room for it. A kubelet would refuse it; KWOK takes what is bound. */
export const overbookedNode = (name = "overbooked-node"): Fault => {
  const large = pod(name, "large", {
    requests: { cpu: "40", memory: "300Gi" },
    spec: { nodeSelector: {}, nodeName: name },
  });
  const exceeds = (rule: string): Expected => ({
    case: "node/requests-exceed-allocatable",
    rule,
    severity: "medium",
    subject: { kind: "Node", name },
    for: FOR,
    shown: (world) => world.find("Pod", "large", name) !== undefined,
  });
  return {
    name,
    objects: [
      namespace(name),
      playedNode(name),
      pod(name, "small", { requests: { cpu: "1" }, spec: { nodeSelector: {}, nodeName: name } }),
    ],
    make: ({ cluster }) => cluster.apply([large]),
    mend: ({ cluster }) => cluster.kubectl("delete", "pod", "large", "-n", name, "--wait=false"),
    expected: [exceeds("cpu"), exceeds("memory")],
  };
};

/** The kernel log tells of a hung task: node-problem-detector writes an Event, and so does this. It grows old by itself. */
const hungTask = (): Fault => {
  const name = "hung-task";
  const find = (world: World) => world.find("Event", `${name}.1`);
  return {
    name,
    objects: [playedNode(name)],
    make: ({ cluster }) => {
      const at = now();
      const event: Obj = {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: `${name}.1`, namespace: "default" },
        involvedObject: { kind: "Node", name, uid: name },
        reason: "TaskHung",
        message: "INFO: task dd:1234 blocked for more than 120 seconds.",
        type: "Warning",
        source: { component: "kernel-monitor", host: name },
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      };
      return cluster.apply([event], "create");
    },
    mend: async () => undefined,
    expected: [
      {
        case: "node/task-hung",
        rule: "hung",
        severity: "medium",
        subject: { kind: "Node", name },
        for: 0,
        shown: (world) => find(world) !== undefined,
        since: (world) => find(world).firstTimestamp,
        until: (world) => Date.parse(find(world).lastTimestamp) + AFTER,
      },
    ],
  };
};

/** node-problem-detector sets a condition. Patched: it does not run here. */
const deadlockedNode = (): Fault => {
  const name = "deadlocked-node";
  const deadlock = (world: World, status: string) =>
    setConditions(world, name, [
      { type: "KernelDeadlock", status, reason: "DockerHung", message: "task docker:7 hangs" },
    ]);
  const said = (world: World) => condition(world.find("Node", name), "KernelDeadlock");
  return {
    name,
    objects: [playedNode(name)],
    make: ({ cluster, world }) => cluster.patch(["node", name], deadlock(world, "True"), "status"),
    mend: ({ cluster, world }) => cluster.patch(["node", name], deadlock(world, "False"), "status"),
    expected: [
      {
        case: "node/task-hung",
        rule: "deadlock",
        severity: "high",
        subject: { kind: "Node", name },
        for: 0,
        shown: (world) => said(world)?.status === "True",
        since: (world) => said(world).lastTransitionTime,
      },
    ],
  };
};

/** Fields of a node's info that must be there. */
const UNSAID = [
  "machineID",
  "systemUUID",
  "bootID",
  "kernelVersion",
  "osImage",
  "containerRuntimeVersion",
  "kubeProxyVersion",
] as const;

/** Nodes join with kubelets of other versions: they register with a status of their own, as kubelets do. */
export const oldKubelets = (name = "old-kubelets"): Fault => {
  const [ancient, odd] = [`${name}-ancient`, `${name}-odd`] as const;
  const labels = { [POOL_LABEL]: name };
  const version = (world: World, of: string) => world.find("Node", of)?.status.nodeInfo?.kubeletVersion;
  const joining = (of: string, kubeletVersion: string): Obj => {
    const at = now();
    const ready = {
      type: "Ready",
      status: "True",
      reason: "KubeletReady",
      lastHeartbeatTime: at,
      lastTransitionTime: at,
    };
    const room = { cpu: "4", memory: "8Gi", pods: "110" };
    const unsaid = Object.fromEntries(UNSAID.map((field) => [field, "-"]));
    const nodeInfo = { ...unsaid, kubeletVersion, architecture: "amd64", operatingSystem: "linux" };
    const status = { conditions: [ready], capacity: room, allocatable: room, nodeInfo };
    return playedNode(of, { labels, status });
  };
  const expected = (of: string, rule: string, severity: "high" | "low", is: string): Expected => ({
    case: "node/version-skew",
    rule,
    severity,
    subject: { kind: "Node", name: of },
    for: FOR,
    shown: (world) => version(world, of) === is,
  });
  return {
    name,
    objects: ["1", "2", "3"].map((n) => playedNode(`${name}-${n}`, { labels })),
    make: ({ cluster }) => cluster.apply([joining(ancient, "v1.30.9"), joining(odd, "v1.33.1")], "create"),
    mend: async ({ cluster, world }) => {
      const kubeletVersion = version(world, `${name}-1`);
      // Upgraded in place: a new kubelet registers under the same name.
      for (const node of [ancient, odd])
        await cluster.patch(["node", node], { status: { nodeInfo: { kubeletVersion } } }, "status");
    },
    expected: [expected(ancient, "apiserver", "high", "v1.30.9"), expected(odd, "pool", "low", "v1.33.1")],
  };
};

export const nodeFaults = (): Fault[] => [
  lostNode(),
  cordonedNode(),
  unwellNode(),
  overbookedNode(),
  hungTask(),
  deadlockedNode(),
  oldKubelets(),
];
