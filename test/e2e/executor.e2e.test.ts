/**
 * The executor on a real API server: its definition, its rights, each operation, and grants to five executors each
 * that end at any await (300 in the lane; ROUNDSMAN_E2E_GRANTS=2000 takes six minutes). It goes by the account that `roundsman rbac --executor` prints.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { connect, findAccess, type KubeClient } from "#broker/kube/index.ts";
import { type Arena, count, runExecutions } from "#functions/executor/at-most-once.test-kit.ts";
import { createCatalog } from "#functions/executor/catalog.ts";
import type { Edge, Report } from "#functions/executor/edge.ts";
import { createHands } from "#functions/executor/hands.ts";
import { createJobs } from "#functions/executor/jobs.ts";
import { collectionPath, type KindName, objectPath } from "#functions/executor/kinds.ts";
import { OPERATIONS } from "#functions/executor/operations/index.ts";
import type { Post } from "#functions/executor/post.ts";
import { rulesOf } from "#functions/executor/rights.ts";
import { runGrant } from "#functions/executor/run.ts";
import { LIMITS } from "#functions/executor/state.ts";
import { release } from "#functions/executor/sweep.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import { jobName } from "#sdk/operation/job.ts";
import type { Target } from "#sdk/operation/request.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createAccount } from "./support/account.ts";
import { rightsUsed } from "./support/audit-log.ts";
import { Cluster } from "./support/cluster.ts";
import { namespace, playedNode, pod } from "./support/objects.ts";
import { roundsman } from "./support/roundsman.ts";

const NS = "executor-e2e";
const ACCOUNT = "executor-e2e-account";
const GRANTS = Number(process.env.ROUNDSMAN_E2E_GRANTS ?? 300);
const cluster = new Cluster(inject("place"));
const reports: Report[] = [];
let dir: string;
let admin: KubeClient;
let executor: KubeClient;
let fences = 0;

function connected(kubeconfig: string): KubeClient {
  const access = findAccess({ kubeconfig, env: {} })!;
  return connect(access, { clock: systemClock, random: Math.random });
}

/** One clock is enough for all of them here. */
const EPSILON = 100;
const posted: any[] = [];
const answer: Post = async (_, event) => {
  posted.push(event);
  return 200;
};

const edge = (name: string, more: Partial<Edge> = {}, post: Post = answer): Edge => ({
  cluster: "e2e",
  executor: name,
  jobs: createJobs(executor),
  hands: createHands(executor, post),
  catalog: createCatalog(OPERATIONS),
  limits: LIMITS,
  clock: systemClock,
  sleep: (ms) => wait(ms),
  signal: new AbortController().signal,
  brake: async () => undefined,
  beginning: (work) => work(),
  report: async (report) => void reports.push(report),
  warn: () => undefined,
  ...more,
});

async function targetOf(kind: KindName, name: string, ns?: string): Promise<Target> {
  const at = { name, ...(ns !== undefined && { namespace: ns }) };
  const { metadata, ...object } = await admin.get<any>(objectPath(kind, at));
  return { apiVersion: object.apiVersion, kind: object.kind, ...at, uid: metadata.uid };
}

/** Carries it through and answers the job. */
async function carry(operation: string, target: Target, params: Granted["params"] = {}, more: Partial<Granted> = {}) {
  const fence = ++fences;
  const finding = { fingerprint: `f-${fence}`, episode: 1 };
  const grant = { fence, notAfter: Date.now() + 5_000 };
  const granted: Granted = { id: `r-${fence}`, cluster: "e2e", operation, params, target, grant, finding, ...more };
  await runGrant(edge("one"), granted);
  return (await createJobs(admin).get(jobName(target)))!;
}
const resolved = (fence: number) => release(edge("one"), new Map([[`f-${fence}`, 1]]), (_, work) => work());
const nodeNow = (name: string) => admin.get<any>(objectPath("v1/Node", { name }));

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: NS },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        nodeSelector: { "e2e.example.com/role": "executor" },
        containers: [{ name: "app", image: "app" }],
      },
    },
  },
};
const stateful = {
  ...deployment,
  kind: "StatefulSet",
  metadata: { name: "db", namespace: NS },
  spec: {
    ...deployment.spec,
    selector: { matchLabels: { app: "db" } },
    template: { ...deployment.spec.template, metadata: { labels: { app: "db" } } },
  },
};
const { replicas: _, ...everywhere } = deployment.spec;
const daemon = {
  ...deployment,
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: NS },
  spec: {
    ...everywhere,
    selector: { matchLabels: { app: "agent" } },
    template: { ...deployment.spec.template, metadata: { labels: { app: "agent" } } },
  },
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-executor-e2e-"));
  admin = connected(cluster.kubeconfig);
  const installed = await roundsman("crd", "install", "--kubeconfig", cluster.kubeconfig);
  expect(installed.code, installed.stderr).toBe(0);
  await cluster.kubectl(
    "wait",
    "crd/remedyoperationjobs.roundsman.dev",
    "--for=condition=Established",
    "--timeout=30s",
  );
  const file = await createAccount(cluster, {
    name: "roundsman-executor",
    namespace: ACCOUNT,
    args: ["--executor"],
    file: join(dir, "executor.kubeconfig"),
  });
  executor = connected(file);
  const role = { labels: { "e2e.example.com/role": "executor" } };
  await cluster.apply([namespace(NS), playedNode("executor-1", role), playedNode("executor-2", role)]);
  await cluster.apply([deployment, stateful, daemon]);
  for (const what of ["deployment/web", "statefulset/db", "daemonset/agent"])
    await cluster.kubectl("rollout", "status", "-n", NS, what, "--timeout=90s");
});

afterAll(async () => {
  // Waited for: the files after this one find what is stuck in its going.
  await cluster.kubectl("delete", "namespace", NS, ACCOUNT);
  await cluster.kubectl("delete", "node", "executor-1", "executor-2", "--ignore-not-found", "--wait=false");
  await cluster.kubectl("delete", "crd", "remedyoperationjobs.roundsman.dev");
  executor?.close();
  admin?.close();
  rmSync(dir, { recursive: true, force: true });
});

it("the definition may be applied again, and what it does not allow is refused", async () => {
  const again = await roundsman("crd", "install", "--kubeconfig", cluster.kubeconfig);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("remedyoperationjobs.roundsman.dev applied"),
  });
  const wrong = { apiVersion: "roundsman.dev/v1alpha1", kind: "RemedyOperationJob", metadata: { name: "x" }, spec: {} };
  const { code, stderr } = await cluster.tryKubectl(["create", "-f", "-"], JSON.stringify(wrong));
  expect(code).not.toBe(0);
  expect(stderr).toContain("spec.grant: Required value");
});

it("a node is cordoned, and uncordoned once its finding is resolved; kubectl tells the story", async () => {
  const target = await targetOf("v1/Node", "executor-1");
  const job = await carry("cordon", target);
  expect(job.status).toMatchObject({ phase: "Succeeded", holds: [{ operation: "cordon" }] });
  expect((await nodeNow("executor-1")).spec.unschedulable).toBe(true);
  const told = await cluster.kubectl("get", "roj");
  expect(told).toMatch(/OPERATION +KIND +TARGET +PHASE/);
  expect(told).toMatch(/cordon +Node +executor-1 +Succeeded/);
  expect(await cluster.kubectl("get", "roundsman", "-o", "name")).toContain(jobName(target));
  await resolved(fences);
  expect((await nodeNow("executor-1")).spec.unschedulable).toBeUndefined();
  expect(reports.at(-1)).toMatchObject({ what: "undone", data: { message: "uncordoned" } });
});

it("a person's cordon is never undone, though it came after ours", async () => {
  const target = await targetOf("v1/Node", "executor-1");
  await carry("cordon", target);
  await cluster.kubectl("uncordon", "executor-1");
  await cluster.kubectl("cordon", "executor-1");
  await resolved(fences);
  const { spec, metadata } = await nodeNow("executor-1");
  expect(spec.unschedulable).toBe(true);
  expect(metadata.annotations).not.toHaveProperty(["roundsman.dev/cordoned"]);
  const refused = await carry("uncordon", target);
  expect(refused.status).toMatchObject({ phase: "Failed", failure: "refused" });
  await cluster.kubectl("uncordon", "executor-1");
});

it("every operation is done, with the rights that are documented", { timeout: 240_000 }, async () => {
  const node = await targetOf("v1/Node", "executor-2");
  const succeeds = async (operation: string, target: Target, params?: Granted["params"]) =>
    expect((await carry(operation, target, params)).status, operation).toMatchObject({ phase: "Succeeded" });
  const taint = { key: "e.example/broken", effect: "NoSchedule" };
  await succeeds("taint", node, taint);
  expect((await nodeNow("executor-2")).spec.taints).toContainEqual(expect.objectContaining(taint));
  await succeeds("untaint", node, taint);
  const [web, db, agent] = await Promise.all([
    targetOf("apps/v1/Deployment", "web", NS),
    targetOf("apps/v1/StatefulSet", "db", NS),
    targetOf("apps/v1/DaemonSet", "agent", NS),
  ]);
  await succeeds("scale", web, { replicas: 3 });
  await succeeds("scale", db, { replicas: 1 });
  await cluster.apply([pod(NS, "alone", { spec: { nodeName: "executor-1", nodeSelector: {} } })]);
  await cluster.kubectl("wait", "-n", NS, "pod/alone", "--for=condition=Ready", "--timeout=60s");
  const alone = await targetOf("v1/Pod", "alone", NS);
  const annotations = { "e.example/seen": "yes" };
  for (const one of [node, web, db, agent, alone]) await succeeds("annotate", one, { annotations });
  for (const one of [node, web, db, agent, alone]) await succeeds("webhook", one, { url: "https://repair.example/" });
  for (const one of [web, db, agent]) await succeeds("rollout-restart", one, { within: "90s" });
  await succeeds("evict", alone, { within: "60s" });
  await cluster.apply([pod(NS, "alone", { spec: { nodeName: "executor-1", nodeSelector: {} } })]);
  await succeeds("delete-pod", await targetOf("v1/Pod", "alone", NS), { graceSeconds: 1 });
  expect((await carry("evict", alone)).status?.fence).not.toBe(fences); // another has its name
  await succeeds("drain", node, { within: "90s" });
  const left = await admin.get<any>(`${collectionPath("v1/Pod")}?fieldSelector=spec.nodeName%3Dexecutor-2`);
  expect(left.items.map((one: any) => one.metadata.ownerReferences[0].kind)).toEqual(["DaemonSet"]);
  await succeeds("uncordon", node);

  const used = rightsUsed(cluster.place.state, "roundsman-executor");
  const allowed = rulesOf(OPERATIONS).flatMap(({ apiGroups, resources, verbs }) =>
    verbs.map((verb) => `${apiGroups[0]}/${resources[0]} ${verb}`),
  );
  // Deleting its own jobs is a day later; a conflict of an eviction, after which a pod is read, need not come.
  // By the sweep alone, which looks for what is left of an executor that ended.
  const rare = ["roundsman.dev/remedyoperationjobs delete", "roundsman.dev/remedyoperationjobs list"];
  expect([...used].filter((right) => !allowed.includes(right))).toEqual([]);
  expect(allowed.filter((right) => !used.has(right) && !rare.includes(right))).toEqual([]);
});

it(`of ${GRANTS} grants, each to five executors that end at any await, none is carried out twice`, {
  timeout: 900_000,
}, async () => {
  const arena: Arena = {
    edge: (name, post) =>
      edge(
        name,
        {
          catalog: createCatalog([count]),
          limits: { ...LIMITS, attempts: 100, epsilon: EPSILON },
          report: async () => undefined,
        },
        post,
      ),
    async make(name) {
      const made = await admin.request({
        method: "POST",
        path: collectionPath("v1/Node"),
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name: `executor-${name}` } }),
      });
      const { metadata } = JSON.parse(made.text);
      return { apiVersion: "v1", kind: "Node", name: metadata.name, uid: metadata.uid };
    },
    async recreate(target) {
      await admin.request({ method: "DELETE", path: objectPath("v1/Node", target) });
      return this.make(target.name.replace(/^executor-/, ""));
    },
    async clear(target) {
      await admin.request({ method: "DELETE", path: objectPath("v1/Node", target) });
    },
    annotations: async ({ name }) => (await nodeNow(name)).metadata.annotations ?? {},
    now: () => Date.now(),
    holds: 4_000,
    epsilon: EPSILON,
    pass: (until) => wait(Math.max(0, until - Date.now()) + 1),
  };
  const seed = Date.now() % 1_000_000;
  const began = performance.now();
  const tally = await runExecutions({ arena, grants: GRANTS, seed, parallel: 24 });
  process.stdout.write(
    `${JSON.stringify({ seed, seconds: Math.round((performance.now() - began) / 1000), ...tally })}\n`,
  );
  expect(tally.violations).toEqual([]);
  expect(tally.grants).toBe(GRANTS);
  expect(tally.crashes).toBeGreaterThan(GRANTS / 2);
  expect(tally.executed).toBeGreaterThan(GRANTS / 2);
});
