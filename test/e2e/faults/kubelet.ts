import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FOR } from "../support/configs.ts";
import { condition, type Expected, type Fault } from "../support/fault.ts";
import { deployment, namespace, type Obj, pod } from "../support/objects.ts";
import { clusterScripts } from "../support/testbed.ts";
import type { World } from "../support/world.ts";

/** What only a kubelet brings about. */
export const KUBELET_CASES = ["workload/crash-loop", "workload/image-pull-failing", "workload/mass-restarts"] as const;

/**
 * The param of workload/crash-loop. The kubelet shows the first back-off (10 s) up to ten seconds late, so sometimes for a
 * blink only; the second (20 s) stands for long enough.
 */
export const RESTARTS = 2;

/** The test bed's image that holds Node, which every node has. */
function nodeImage(): string {
  const versions = readFileSync(join(clusterScripts(), "versions.env"), "utf8");
  return `dev.local/node:${/^NODE_VERSION=(\S+)/m.exec(versions)?.[1]}`;
}
const HELLO = "dev.local/hello:1";

/** A container that runs a few lines of JavaScript, and sees the files that the lane puts into a folder. */
const program = (name: string, lines: string) => ({
  name,
  image: nodeImage(),
  command: [
    "/usr/local/bin/node",
    "-e",
    `process.on("SIGTERM", () => process.exit());const fs = require("fs");${lines}`,
  ],
  volumeMounts: [{ name: "flags", mountPath: "/flags" }],
});

/** Folders that pods mount, one per fault. */
function flags(state: string, name: string) {
  const path = join(state, "flags", name);
  mkdirSync(path, { recursive: true });
  return {
    volume: { name: "flags", hostPath: { path } },
    raise: (flag: string) => writeFileSync(join(path, flag), ""),
  };
}

const containerOf = (world: World, ns: string, of: string, list = "containerStatuses") =>
  world.find("Pod", of, ns)?.status[list]?.[0];

/** A program, and an init container, that ends at once until a file is there. */
const crashLoop = (state: string): Fault => {
  const name = "crash-loop";
  const { volume, raise } = flags(state, name);
  const fragile = program("app", `if (!fs.existsSync("/flags/mended")) process.exit(3);setInterval(() => {}, 1e6);`);
  const first = program("first", `process.exit(fs.existsSync("/flags/mended") ? 0 : 4);`);
  const after = { name: "app", image: HELLO };
  const loops = (of: string, list: string): Expected => ({
    case: "workload/crash-loop",
    severity: "high",
    subject: { kind: "Pod", namespace: name, name: of },
    for: FOR,
    shown: (world) => {
      const { restartCount = 0, state: now } = containerOf(world, name, of, list) ?? {};
      return now?.waiting?.reason === "CrashLoopBackOff" && restartCount >= RESTARTS;
    },
  });
  return {
    name,
    objects: [namespace(name)],
    make: ({ cluster }) =>
      cluster.apply([
        pod(name, "program", { spec: { nodeSelector: {}, volumes: [volume], containers: [fragile] } }),
        pod(name, "init", {
          spec: { nodeSelector: {}, volumes: [volume], initContainers: [first], containers: [after] },
        }),
      ]),
    mend: async () => raise("mended"),
    expected: [loops("program", "containerStatuses"), loops("init", "initContainerStatuses")],
  };
};

/** Images that are nowhere, that may not be pulled, and whose name is none. */
const imagePull = (): Fault => {
  const name = "image-pull";
  const of = (which: string, image: string, imagePullPolicy = "IfNotPresent"): Obj =>
    pod(name, which, { spec: { nodeSelector: {}, containers: [{ name: "app", image, imagePullPolicy }] } });
  const fails = (which: string, ...reasons: string[]): Expected => ({
    case: "workload/image-pull-failing",
    severity: "medium",
    subject: { kind: "Pod", namespace: name, name: which },
    for: FOR,
    shown: (world) => reasons.includes(containerOf(world, name, which)?.state.waiting?.reason),
  });
  return {
    name,
    objects: [namespace(name)],
    make: ({ cluster }) =>
      cluster.apply([
        // Nothing listens there.
        of("missing", "198.18.0.1:5000/e2e/missing:1"),
        of("never", "dev.local/e2e-never:1", "Never"),
        of("invalid", "dev.local/E2E Invalid"),
      ]),
    mend: ({ cluster }) =>
      cluster.kubectl("set", "image", "pod/missing", "pod/never", "pod/invalid", `app=${HELLO}`, "-n", name),
    expected: [
      fails("missing", "ErrImagePull", "ImagePullBackOff"),
      fails("never", "ErrImageNeverPull"),
      fails("invalid", "InvalidImageName"),
    ],
  };
};

/** Pods of one workload that end together, once, as by a poisoned message. `window`: the case's param, in ms. */
const massRestarts = (state: string, window: number): Fault => {
  const name = "mass-restarts";
  const { volume, raise } = flags(state, name);
  const lines = `const began = Date.now();setInterval(() => {
    if (fs.existsSync("/flags/poison") && fs.statSync("/flags/poison").mtimeMs > began) process.exit(5);
  }, 50);`;
  const ends = (world: World): string[] =>
    world
      .all("Pod", name)
      .flatMap(({ status }) => status.containerStatuses?.[0]?.lastState?.terminated?.finishedAt ?? [])
      .sort();
  return {
    name,
    objects: [
      namespace(name),
      deployment(name, "shop", {
        replicas: 3,
        spec: { nodeSelector: {}, volumes: [volume], containers: [program("app", lines)] },
      }),
    ],
    make: async () => raise("poison"),
    mend: async () => undefined,
    expected: [
      {
        case: "workload/mass-restarts",
        severity: "high",
        subject: (world) => ({
          kind: "ReplicaSet",
          namespace: name,
          name: world.all("ReplicaSet", name)[0].metadata.name,
        }),
        for: 0,
        shown: (world) => ends(world).length >= 2,
        since: (world) => ends(world)[1]!,
        // From then on only one is left in the window.
        until: (world) => Date.parse(ends(world).at(-2)!) + window,
      },
    ],
  };
};

/** The network plugin's memory of addresses goes back to what it was, and an address is given out a second time. */
export const restoredAddresses = (state: string): Fault => {
  const name = "restored-addresses";
  const memory = join(state, "cni-addresses", "inspection");
  const ipOf = (world: World, of: string) => world.find("Pod", of, name)?.status.podIP;
  const runs = { image: HELLO, spec: { nodeSelector: {} } };
  return {
    name,
    objects: [namespace(name), pod(name, "first", runs)],
    make: async ({ cluster, world }) => {
      const ip: string = ipOf(world, "first");
      const bytes = ip.split(".").map(Number);
      const before = [...bytes.slice(0, 3), bytes[3]! - 1].join(".");
      rmSync(join(memory, ip));
      for (const file of readdirSync(memory))
        if (file.startsWith("last_reserved_ip")) writeFileSync(join(memory, file), before);
      await cluster.apply([pod(name, "second", runs)]);
    },
    mend: ({ cluster }) => cluster.kubectl("delete", "pod", "second", "-n", name, "--grace-period=1", "--wait=false"),
    expected: [
      {
        case: "network/duplicate-pod-ip",
        severity: "critical",
        subject: { kind: "Pod", namespace: name, name: "first" },
        for: FOR,
        shown: (world) => {
          const second = world.find("Pod", "second", name);
          const isThere = second?.status.phase === "Running" && second.metadata.deletionTimestamp === undefined;
          return isThere && ipOf(world, "first") === second.status.podIP;
        },
      },
    ],
  };
};

/** The kubelet is killed. `after`: the param of node/lease-stale, in ms. */
export const killedKubelet = (after: number): Fault => {
  const [name, node] = ["killed-kubelet", "node-1"];
  const lease = (world: World) => world.find("Lease", node);
  const ready = (world: World) => condition(world.find("Node", node), "Ready");
  let last: string | undefined;
  return {
    name,
    touches: [node, "kube-system"],
    make: async ({ cluster, world }) => {
      await cluster.parts.stop("kubelet");
      last = lease(world).spec.renewTime;
      world.look();
    },
    mend: async ({ cluster }) => cluster.parts.start("kubelet"),
    expected: [
      {
        case: "node/lease-stale",
        severity: "high",
        subject: { kind: "Node", name: node },
        for: after,
        shown: (world) => last !== undefined && lease(world)?.spec.renewTime === last,
        since: () => last!,
      },
      {
        case: "node/not-ready",
        severity: "critical",
        subject: { kind: "Node", name: node },
        for: FOR,
        shown: (world) => ready(world)?.status === "Unknown",
        since: (world) => ready(world).lastTransitionTime,
      },
      {
        case: "network/service-without-endpoints",
        severity: "critical",
        subject: { kind: "Service", namespace: "kube-system", name: "kube-dns" },
        for: FOR,
        shown: (world) => {
          const endpoints = world.all("EndpointSlice", "kube-system").flatMap((slice) => slice.endpoints ?? []);
          return endpoints.length > 0 && endpoints.every((one) => one.conditions.ready === false);
        },
      },
    ],
  };
};

/** Faults that may stand together. `state`: the cluster's folder; `window`: the param of workload/mass-restarts, in ms. */
export const kubeletFaults = (state: string, window: number): Fault[] => [
  crashLoop(state),
  imagePull(),
  massRestarts(state, window),
];
