/**
 * The whole loop on a real API server with a thousand fake nodes: a bad day, on which 300 of them fall silent within ten
 * seconds and a remedier wants to drain them all, and a good one, on which one hung node is mended. By the rights that
 * `roundsman rbac` prints, and no others.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { connect, findAccess, type KubeClient } from "#broker/kube/index.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createAccount } from "./support/account.ts";
import { rightsUsed } from "./support/audit-log.ts";
import { Cluster } from "./support/cluster.ts";
import { deployment, namespace, playedNode, pod } from "./support/objects.ts";
import { freePorts } from "./support/ports.ts";
import { Roundsman, roundsman } from "./support/roundsman.ts";

const NODES = 1_000;
const SILENT = 300;
const BUDGET = { most: 5, per: "1m" };
const FAIL_OVER = 10_000;
const NS = "remedies-e2e";
const WATCHER = "remedies-e2e-watcher";

const resource = (kind: string, name: string, spec: object) => ({
  apiVersion: "roundsman.dev/v1alpha1",
  kind,
  metadata: { name },
  spec,
});
const RESOURCES = [
  resource("Defender", "defender", { trust: [{ level: "drain" }] }),
  resource("Budget", "few-per-cluster", {
    scope: "cluster",
    limits: [BUDGET],
    inFlight: 50,
    healthy: { atLeast: "80%", coolDown: "5s" },
    override: "sre on call",
  }),
  resource("Remedier", "silent-nodes", {
    strategy: "act",
    match: { condition: { type: "Ready", status: "Unknown" } },
    steps: [{ operation: "drain", params: { within: "30s" } }],
  }),
  resource("ProbeConfig", "hung", { case: "node/task-hung", for: "1s", clear: "1s", strategy: "act" }),
  resource("Remedier", "hung-nodes", {
    strategy: "act",
    match: { finding: { case: ["node/task-hung"] } },
    steps: [{ operation: "drain", params: { within: "30s" } }],
  }),
];

let cluster: Cluster;
let admin: KubeClient;
let own: Roundsman;
let dir: string;
const name = (i: number) => `silent-${String(i).padStart(4, "0")}`;

const get = async (path: string) => (await fetch(`${own.url}${path}`)).json() as Promise<any>;
const decisions = async (query = ""): Promise<(Decision & { says: string })[]> => {
  const all: (Decision & { says: string })[] = [];
  for (let before = ""; ; ) {
    const page = await get(`/v1/audit?limit=1000${query}${before}`);
    all.push(...page.decisions);
    if (page.before === undefined) return all;
    before = `&before=${page.before}`;
  }
};
const node = (of: string): Promise<any> => admin.get(`/api/v1/nodes/${of}`);

async function until<T>(what: string, ms: number, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + ms; ; await wait(200)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms\n${own.stderr}`);
  }
}

async function patchStatus(of: string, conditions: object[]): Promise<void> {
  await admin.request({
    method: "PATCH",
    path: `/api/v1/nodes/${of}/status`,
    headers: { "content-type": "application/strategic-merge-patch+json" },
    body: JSON.stringify({ status: { conditions } }),
  });
}
const condition = (type: string, status: string, reason: string) => {
  const now = new Date().toISOString().replace(/\.\d+/, "");
  return { type, status, reason, message: reason, lastHeartbeatTime: now, lastTransitionTime: now };
};
const signalKwok = (signal: NodeJS.Signals) => process.kill(cluster.parts.pid("kwok"), signal);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-remedies-e2e-"));
  cluster = new Cluster({
    state: mkdtempSync(join(tmpdir(), "roundsman-remedies-cluster-")),
    port: await freePorts(10),
  });
  await cluster.up("--control-plane", "--kwok", "--audit");
  const access = findAccess({ kubeconfig: cluster.kubeconfig, env: {} })!;
  admin = connect(access, { clock: systemClock, random: Math.random });
  const installed = await roundsman("crd", "install", "--kubeconfig", cluster.kubeconfig);
  expect(installed.code, installed.stderr).toBe(0);
  await cluster.apply([namespace(NS), ...Array.from({ length: NODES }, (_, i) => playedNode(name(i)))]);
  const allReady = async () => {
    const text = await cluster.kubectl(
      "get",
      "nodes",
      "-o",
      "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Ready')].status} {end}",
    );
    return (
      text
        .trim()
        .split(" ")
        .filter((one) => one === "True").length === NODES
    );
  };
  for (const end = Date.now() + 90_000; !(await allReady()); await wait(1_000))
    if (Date.now() > end) throw new Error("the nodes are not ready");
  await cluster.apply([deployment(NS, "web", { replicas: 20, spec: { nodeSelector: {} } })]);
  await cluster.kubectl("rollout", "status", "-n", NS, "deployment/web", "--timeout=90s");
  const account = {
    name: "roundsman-watcher",
    namespace: WATCHER,
    args: ["--kubeconfig", cluster.kubeconfig],
    file: join(dir, "kubeconfig"),
  };
  const kubeconfig = await createAccount(cluster, account);
  // In one process one account does both.
  const printed = await roundsman("rbac", "--account-namespace", WATCHER, "--executor", "drain");
  expect((await cluster.tryKubectl(["apply", "-f", "-"], printed.stdout)).code).toBe(0);
  await cluster.kubectl(
    "create",
    "clusterrolebinding",
    "both",
    "--clusterrole=roundsman-executor",
    `--serviceaccount=${WATCHER}:roundsman-watcher`,
  );
  own = await Roundsman.start({ kubeconfig, configs: [], resources: RESOURCES });
}, 240_000);

afterAll(async () => {
  await own?.stop();
  own?.remove();
  admin?.close();
  await cluster?.down();
  rmSync(dir, { recursive: true, force: true });
});

it("a real cluster's journal needs a person once, and says so", async () => {
  expect(own.stderr).toContain("roundsman defender init");
  expect((await get("/v1/defender")).initialised).toBe(false);
  const said = await roundsman(
    "defender",
    "init",
    "--reason",
    "a new cluster, nothing was ever done",
    "--url",
    own.url,
  );
  expect(said.code, said.stderr).toBe(0);
  expect((await get("/v1/defender")).initialised).toBe(true);
});

describe("a good day: one node hangs", () => {
  const HUNG = name(999);

  it("is drained, verified, given back when it is well; each step is in the log", async () => {
    await cluster.apply([pod(NS, "on-it", { spec: { nodeName: HUNG, nodeSelector: {} } })]);
    await cluster.kubectl("wait", "-n", NS, "pod/on-it", "--for=condition=Ready", "--timeout=30s");
    await patchStatus(HUNG, [condition("KernelDeadlock", "True", "DockerHung")]);
    const done = await until("the drain", 60_000, async () => {
      const { remedies } = await get("/v1/remedies?what=succeeded");
      return remedies.find((one: any) => one.target.name === HUNG);
    });
    expect(done).toMatchObject({ operation: "drain", message: "drained: 1 pod evicted" });
    expect((await node(HUNG)).spec.unschedulable).toBe(true);
    const pods = await admin.get<any>(`/api/v1/pods?fieldSelector=spec.nodeName%3D${HUNG}`);
    expect(pods.items.filter((one: any) => !one.metadata.deletionTimestamp)).toEqual([]);
    await patchStatus(HUNG, [condition("KernelDeadlock", "False", "KernelHasNoDeadlock")]);
    await until("the uncordon", 30_000, async () => (await node(HUNG)).spec.unschedulable !== true);
    const [finding] = (await own.findings()).filter((one) => one.case === "node/task-hung");
    expect(finding).toMatchObject({ state: "resolved", subject: { name: HUNG } });
    const line = ["due", "granted", "started", "succeeded", "undone"];
    await until("the line of sight", 10_000, async () => {
      const { episodes } = await get(`/v1/findings/${finding!.fingerprint}/history`);
      return JSON.stringify(episodes[0].requests[0].words.map(({ what }: any) => what)) === JSON.stringify(line);
    });
    const jobs = await cluster.kubectl("get", "roj", "--no-headers");
    expect(jobs).toMatch(/drain\s+Node\s+silent-0999\s+Succeeded/);
  });
});

describe("a bad day: 300 of 1,000 nodes fall silent within ten seconds", () => {
  const PERSONS = name(0);

  it("touches no more than the budget, says its doubt, and gives back what is its own", async () => {
    await cluster.kubectl("cordon", PERSONS);
    // Nobody plays them now: what is said of them stands.
    signalKwok("SIGSTOP");
    const begun = Date.now();
    try {
      for (let i = 0; i < SILENT; i++) {
        await patchStatus(name(i), [condition("Ready", "Unknown", "NodeStatusUnknown")]);
        await wait(Math.max(0, begun + ((i + 1) * FAIL_OVER) / SILENT - Date.now()));
      }
      const took = Date.now() - begun;
      expect(took).toBeLessThan(FAIL_OVER + 5_000);
      const asked = await until("a decision on each", 30_000, async () => {
        const all = await decisions(`&since=${new Date(begun).toISOString()}`);
        return new Set(all.map(({ target }) => target.uid)).size >= SILENT && all;
      });
      const granted = asked.filter(({ outcome }) => outcome === "granted");
      // In ten seconds no window of a minute passes.
      expect(granted.length).toBeGreaterThan(0);
      expect(granted.length).toBeLessThanOrEqual(BUDGET.most);
      const codes = new Set(asked.flatMap(({ reasons }) => reasons.map(({ code }) => code)));
      expect([...codes]).toEqual(expect.arrayContaining(["spent", "unhealthy", "doubt"]));
      const touched = await Promise.all(
        Array.from({ length: SILENT }, async (_, i) => (await node(name(i))).spec.unschedulable === true),
      );
      expect(touched.filter(Boolean).length).toBeLessThanOrEqual(BUDGET.most + 1);
      expect(touched[0]).toBe(true);
      const { says } = asked.find(({ reasons }) => reasons.some(({ code }) => code === "doubt"))!;
      expect(says).toMatch(/Denied.*drain of Node silent-\d+ of e2e/);
      expect(says).toMatch(
        /looks broken that the view itself is in doubt \(\d+ of 1000 node leases are stale, more than 20 %\)/,
      );
      process.stdout.write(`${says}\n`);
    } finally {
      signalKwok("SIGCONT");
    }
    await until("what was cordoned is given back", 60_000, async () => {
      const list = await admin.get<any>("/api/v1/nodes");
      const cordoned = list.items.filter((one: any) => one.spec.unschedulable).map((one: any) => one.metadata.name);
      return cordoned.length === 1 && cordoned[0] === PERSONS;
    });
    const { remedies } = await get("/v1/remedies?what=undone&limit=1000");
    expect(remedies.length).toBeGreaterThan(0);
    // Still a person's, a moment later.
    await wait(2_000);
    expect((await node(PERSONS)).spec.unschedulable).toBe(true);
  });
});

it("uses the rights that are documented, and each of them", async () => {
  const printed = await Promise.all([
    roundsman("rbac", "--kubeconfig", cluster.kubeconfig),
    roundsman("rbac", "--executor", "drain"),
  ]);
  const allowed = printed.flatMap(({ stdout }) =>
    parseAllDocuments(stdout)
      .map((one) => one.toJS())
      .filter(({ kind }) => kind === "ClusterRole")
      .flatMap(({ rules }: any) =>
        rules.flatMap(({ apiGroups, resources, verbs }: any) =>
          resources.flatMap((one: string) => verbs.map((verb: string) => `${apiGroups[0]}/${one} ${verb}`)),
        ),
      ),
  );
  await own.stop();
  const used = rightsUsed(cluster.place.state, "roundsman-watcher");
  expect([...used].filter((right) => !allowed.includes(right))).toEqual([]);
  // A day later; of a target's second grant; of an eviction that is in doubt: the executor's own lane uses them.
  const rare = ["roundsman.dev/remedyoperationjobs delete", "roundsman.dev/remedyoperationjobs update", "/pods get"];
  expect(allowed.filter((right) => !used.has(right) && !rare.includes(right))).toEqual([]);
});
