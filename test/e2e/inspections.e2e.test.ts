/**
 * The shipped inspections on a real control plane: a fault is made, exactly its findings stand in time, it is mended,
 * they go in time, and nothing else is ever found. What needs a kubelet stands in kubelet.e2e.test.ts.
 */
import type { Server } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { CANARY } from "#sdk/terms.ts";
import { apiServiceGone, controlPlaneFaults } from "./faults/control-plane.ts";
import { KUBELET_CASES } from "./faults/kubelet.ts";
import { networkFaults } from "./faults/network.ts";
import { nodeFaults } from "./faults/node.ts";
import { forgottenVolume, storageFaults } from "./faults/storage.ts";
import { orphanedPods, workloadFaults } from "./faults/workload.ts";
import { startAggregatedApi } from "./support/aggregated-api.ts";
import { Cluster } from "./support/cluster.ts";
import { CONFIGS } from "./support/configs.ts";
import { type Fault, line } from "./support/fault.ts";
import { judge, judgeAll } from "./support/judge.ts";
import { Scene } from "./support/scene.ts";
import { heldBack, twins } from "./support/twins.ts";

/** ms that a cluster without a fault is watched. */
const QUIET = 15_000;
const MANAGER = "kube-controller-manager";

const together = [
  ...controlPlaneFaults(),
  ...networkFaults(),
  ...nodeFaults(),
  ...storageFaults(),
  ...workloadFaults(),
];
/** Made while the controller manager does not run; the last brings it back. */
const unattended = [forgottenVolume(), orphanedPods()];

let backend: Server;
let apiGone: Fault;
let scene: Scene;

const faults = () => [...together, apiGone, ...unattended];

beforeAll(async () => {
  const cluster = new Cluster(inject("place"));
  // Leases are renewed each second and missed after six, so that a lost node is known in seconds.
  await cluster.parts.restart("kwok", "--node-lease-duration-seconds=4");
  await cluster.parts.restart(MANAGER, "--node-monitor-grace-period=6s", "--node-monitor-period=1s");
  const { port, server } = await startAggregatedApi(cluster.place.state);
  backend = server;
  apiGone = apiServiceGone(port);
  scene = await Scene.open(cluster);
  await scene.prepare([...twins(port), ...faults().flatMap(({ objects }) => objects ?? [])]);
  await scene.prepare(heldBack());
  await scene.inspect(CONFIGS);
});

afterAll(async () => {
  await scene?.close();
  // Nobody answers for them any more, and other files shall not find that.
  await scene?.cluster.kubectl("delete", "apiservice", "-l", "!kube-aggregator.kubernetes.io/automanaged");
  backend?.close();
});

describe("a cluster that is well", () => {
  it("runs all cases, and each has a fault", async () => {
    const answer = await fetch(`${scene.roundsman.url}/v1/cases`);
    const { cases } = (await answer.json()) as { cases: { name: string }[] };
    // The canary is found in every round, and told nobody but who asks for it.
    const names = cases
      .map(({ name }) => name)
      .filter((name) => name !== CANARY)
      .sort();
    expect(names).toEqual(CONFIGS.map((config) => config.case));
    const covered = faults().flatMap(({ expected }) => expected.map((one) => one.case));
    expect([...new Set([...covered, ...KUBELET_CASES])].sort()).toEqual(names);
  });

  it("has no finding", async () => {
    await wait(QUIET);
    expect(scene.recorder.seen.map(({ finding }) => line(finding))).toEqual([]);
  });
});

describe("one fault by itself", () => {
  // While an API is not served no namespace can be deleted, so it does not stand beside the others.
  it("apiservice-gone", () => judge(apiGone, scene));
});

describe.concurrent("faults together", () => {
  it.each(together.map((fault) => [fault.name, fault] as const))("%s", (_, fault) => judge(fault, scene));
});

describe("without a controller manager", () => {
  it("forgotten-volume, orphaned-pods", async () => {
    const { parts } = scene.cluster;
    await parts.stop(MANAGER);
    try {
      for (const fault of unattended) await judge(fault, scene);
    } finally {
      if (!parts.runs(MANAGER)) parts.start(MANAGER);
    }
  });
});

describe("in the end", () => {
  it("nothing else was ever found", () => judgeAll(faults(), scene));
});
