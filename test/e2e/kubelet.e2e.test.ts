/** What only a kubelet brings about, on a real node. Needs root; there is one such cluster to a machine. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KUBELET_CASES, killedKubelet, kubeletFaults, RESTARTS, restoredAddresses } from "./faults/kubelet.ts";
import { Cluster } from "./support/cluster.ts";
import { CONFIGS, withParams } from "./support/configs.ts";
import { line } from "./support/fault.ts";
import { judge, judgeAll } from "./support/judge.ts";
import { freePorts } from "./support/ports.ts";
import { Scene } from "./support/scene.ts";

/** ms that a cluster without a fault is watched. */
const QUIET = 10_000;
/** ms: a kubelet renews its lease every ten seconds. */
const LEASE = 20_000;
/** ms: a kubelet tells of a restart a second or two after it. */
const WINDOW = 6_000;

const configs = withParams(CONFIGS, {
  "node/lease-stale": { after: `${LEASE / 1_000}s` },
  "workload/mass-restarts": { window: `${WINDOW / 1_000}s` },
  "workload/crash-loop": { restarts: RESTARTS },
  // Real containers take their time to start, and one whose init container crashes is pending all the while.
  "workload/pending-too-long": { after: "90s" },
});

const state = mkdtempSync(join(tmpdir(), "roundsman-e2e-node-"));
const together = kubeletFaults(state, WINDOW);
const alone = [restoredAddresses(state), killedKubelet(LEASE)];
let cluster: Cluster;
let scene: Scene;

beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error("a real node needs root: run this file as root, or leave it out");
  if (existsSync("/sys/class/net/insp0"))
    throw new Error(
      "a cluster with a node is up on this machine already (there is a bridge insp0): end that one first",
    );
  cluster = new Cluster({ state, port: await freePorts(10) });
  await cluster.up("--node");
  await cluster.parts.restart(
    "kube-controller-manager",
    ...["--node-monitor-grace-period=20s", "--node-monitor-period=1s"],
  );
  scene = await Scene.open(cluster);
  await scene.prepare([...together, ...alone].flatMap(({ objects }) => objects ?? []));
  await scene.inspect(configs);
});

afterAll(async () => {
  await scene?.close();
  await cluster?.down();
});

describe("a cluster with a node", () => {
  it("has no finding while it is well", async () => {
    await wait(QUIET);
    expect(scene.recorder.seen.map(({ finding }) => line(finding))).toEqual([]);
    const covered = together.flatMap(({ expected }) => expected.map((one) => one.case));
    expect([...new Set(covered)].sort()).toEqual(KUBELET_CASES);
  });

  describe.concurrent("faults together", () => {
    it.each(together.map((fault) => [fault.name, fault] as const))("%s", (_, fault) => judge(fault, scene));
  });

  // Pods that begin at the same time would take the address; and without a kubelet none begins.
  it.each(alone.map((fault) => [fault.name, fault] as const))("%s", (_, fault) => judge(fault, scene));

  it("had no other finding", () => judgeAll([...together, ...alone], scene));
});
