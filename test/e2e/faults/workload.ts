import { AFTER, FOR } from "../support/configs.ts";
import { condition, type Expected, type Fault } from "../support/fault.ts";
import { daemonSet, deployment, namespace, pod, replicaSet, STEADY, statefulSet } from "../support/objects.ts";
import type { World } from "../support/world.ts";

const NOWHERE = { "e2e.example.com/role": "nowhere" };
const onNowhere = { spec: { template: { spec: { nodeSelector: NOWHERE } } } };
const onSteady = { spec: { template: { spec: { nodeSelector: STEADY } } } };

/** The pods of a namespace that no node takes. */
const pending = (world: World, ns: string) =>
  world
    .all("Pod", ns)
    .filter(({ metadata, status }) => status.phase === "Pending" && metadata.deletionTimestamp === undefined);

/** The one pod of a namespace that is pending. */
const pendingPod = (ns: string): Expected => ({
  case: "workload/pending-too-long",
  severity: "medium",
  subject: (world) => ({ kind: "Pod", namespace: ns, name: pending(world, ns)[0].metadata.name }),
  for: AFTER,
  shown: (world) => pending(world, ns).length > 0,
  since: (world) => pending(world, ns)[0].metadata.creationTimestamp,
});

/** A pod asks for a node that there is not, until there is one. */
export const unschedulable = (name = "unschedulable"): Fault => {
  const nodeSelector = { [`e2e.example.com/${name}`]: "yes" };
  return {
    name,
    objects: [namespace(name)],
    make: ({ cluster }) => cluster.apply([pod(name, "waiting", { spec: { nodeSelector } })]),
    mend: ({ cluster }) => cluster.kubectl("label", "node", "steady-1", `e2e.example.com/${name}=yes`),
    expected: [pendingPod(name)],
  };
};

/** A Deployment's new pods find no node, and its deadline passes. */
const stuckDeployment = (): Fault => {
  const name = "stuck-deployment";
  const progressing = (world: World) => condition(world.find("Deployment", "shop", name), "Progressing");
  return {
    name,
    objects: [namespace(name), deployment(name, "shop", { replicas: 1, more: { progressDeadlineSeconds: 2 } })],
    make: ({ cluster }) => cluster.patch(["deployment", "shop", "-n", name], onNowhere),
    mend: ({ cluster }) => cluster.kubectl("rollout", "undo", "deployment", "shop", "-n", name),
    expected: [
      pendingPod(name),
      {
        case: "workload/rollout-stuck",
        rule: "deadline",
        severity: "high",
        subject: { kind: "Deployment", namespace: name, name: "shop" },
        // Kubernetes has waited already.
        for: 0,
        shown: (world) => progressing(world)?.reason === "ProgressDeadlineExceeded",
        since: (world) => progressing(world).lastTransitionTime,
      },
    ],
  };
};

/** A StatefulSet's, or a DaemonSet's, new pod finds no node. */
const stuckSet = (
  kind: "StatefulSet" | "DaemonSet",
  name: string,
  make: Fault["make"],
  mend: Fault["mend"],
  of: typeof statefulSet,
): Fault => ({
  name,
  objects: [namespace(name), of(name, "shop")],
  make,
  mend,
  expected: [
    pendingPod(name),
    {
      case: "workload/rollout-stuck",
      rule: "not-ready",
      severity: "high",
      subject: { kind, namespace: name, name: "shop" },
      for: FOR,
      shown: (world) => pending(world, name).length > 0,
      since: (world) => pending(world, name)[0].metadata.creationTimestamp,
    },
  ],
});

const stuckStatefulSet = (): Fault => {
  const name = "stuck-statefulset";
  const nodeSelector = { [`e2e.example.com/${name}`]: "yes" };
  const patch = { spec: { template: { spec: { nodeSelector } } } };
  return stuckSet(
    "StatefulSet",
    name,
    ({ cluster }) => cluster.patch(["statefulset", "shop", "-n", name], patch),
    ({ cluster }) => cluster.kubectl("label", "node", "steady-1", `e2e.example.com/${name}=yes`),
    (ns, of) => statefulSet(ns, of, { replicas: 2 }),
  );
};

const stuckDaemonSet = (): Fault => {
  const name = "stuck-daemonset";
  const needs = (cpu: string) => [{ name: "app", image: "app", resources: { requests: { cpu } } }];
  const patch = (cpu: string) => ({ spec: { template: { spec: { containers: needs(cpu) } } } });
  return stuckSet(
    "DaemonSet",
    name,
    ({ cluster }) => cluster.patch(["daemonset", "shop", "-n", name], patch("1000")),
    ({ cluster }) => cluster.patch(["daemonset", "shop", "-n", name], patch("10m")),
    daemonSet,
  );
};

/** A StatefulSet that was broken from its first day is mended, and goes on only when its broken pod is deleted by hand. */
export const standingStatefulSet = (name = "standing-statefulset"): Fault => {
  const set = (world: World) => world.find("StatefulSet", "shop", name);
  const isStanding = (world: World) =>
    set(world) !== undefined &&
    set(world).status.updateRevision !== set(world).status.currentRevision &&
    pending(world, name).length > 0;
  return {
    name,
    objects: [namespace(name)],
    make: async ({ cluster, world }) => {
      await cluster.apply([statefulSet(name, "shop", { replicas: 1, spec: { nodeSelector: NOWHERE } })]);
      await world.until((now) => pending(now, name).length > 0);
      await cluster.patch(["statefulset", "shop", "-n", name], onSteady);
    },
    mend: ({ cluster }) => cluster.kubectl("delete", "pod", "shop-0", "-n", name, "--wait=false"),
    expected: [
      pendingPod(name),
      {
        case: "workload/rollout-stuck",
        rule: "standing",
        severity: "high",
        subject: { kind: "StatefulSet", namespace: name, name: "shop" },
        for: FOR,
        shown: isStanding,
      },
    ],
  };
};

/** A namespace is deleted, and an object in it is held by a finalizer that nobody takes away. */
export const stuckNamespace = (name = "stuck-namespace"): Fault => {
  const deletion = (kind: string, of: string, ns?: string) => (world: World) =>
    world.find(kind, of, ns)?.metadata.deletionTimestamp;
  const stuck = (kind: string, of: string, ns?: string): Expected => ({
    case: "workload/stuck-terminating",
    severity: "medium",
    subject: { kind, ...(ns !== undefined && { namespace: ns }), name: of },
    for: AFTER,
    shown: (world) => deletion(kind, of, ns)(world) !== undefined,
    since: deletion(kind, of, ns),
  });
  const metadata = { name: "held", namespace: name, finalizers: [`${name}.example.com/keep`] };
  return {
    name,
    objects: [namespace(name), { apiVersion: "v1", kind: "ConfigMap", metadata }],
    make: ({ cluster }) => cluster.kubectl("delete", "namespace", name, "--wait=false"),
    mend: ({ cluster }) => cluster.patch(["configmap", "held", "-n", name], { metadata: { finalizers: null } }),
    expected: [stuck("Namespace", name), stuck("ConfigMap", "held", name)],
  };
};

/** A ReplicaSet is deleted while no garbage collector runs: its pods stay. */
export const orphanedPods = (): Fault => {
  const name = "orphaned-pods";
  const pods = (world: World) => world.all("Pod", name).filter(({ metadata }) => !metadata.deletionTimestamp);
  const orphan = (n: number): Expected => ({
    case: "workload/orphaned-pod",
    severity: "medium",
    subject: (world) => ({ kind: "Pod", namespace: name, name: pods(world)[n].metadata.name }),
    for: FOR,
    shown: (world) => world.find("ReplicaSet", "shop", name) === undefined && pods(world).length === 2,
  });
  return {
    name,
    objects: [namespace(name), replicaSet(name, "shop", { replicas: 2 })],
    make: ({ cluster }) => cluster.kubectl("delete", "replicaset", "shop", "-n", name, "--cascade=background"),
    // The garbage collector comes back.
    mend: async ({ cluster }) => cluster.parts.start("kube-controller-manager"),
    expected: [orphan(0), orphan(1)],
  };
};

export const workloadFaults = (): Fault[] => [
  unschedulable(),
  stuckDeployment(),
  stuckStatefulSet(),
  stuckDaemonSet(),
  standingStatefulSet(),
  stuckNamespace(),
];
