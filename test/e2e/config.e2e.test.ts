/**
 * Configuration from the cluster on a real API server: applied, mistaken and mended with kubectl, which tells the story.
 * Roundsman goes by the account that `roundsman rbac` and `roundsman rbac --config-from-cluster` print.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { sinkOf } from "#functions/alert/sinks/sink-of.ts";
import { checkHealing } from "#functions/standalone/healing.ts";
import { CONFIG_RIGHTS } from "#functions/watcher/config-source.ts";
import { createResourceReader } from "#sdk/resources/read.ts";
import type { Finding } from "#sdk/terms.ts";
import { createAccount } from "./support/account.ts";
import { rightsUsed } from "./support/audit-log.ts";
import { Cluster } from "./support/cluster.ts";
import { namespace, type Obj, pod } from "./support/objects.ts";
import { Roundsman, roundsman } from "./support/roundsman.ts";

const NS = "config-e2e";
const ACCOUNT = "config-e2e-account";
const cluster = new Cluster(inject("place"));
let dir: string;
let kubeconfig: string;
let running: Roundsman;

const resource = (kind: string, name: string, spec: object): Obj => ({
  apiVersion: "roundsman.dev/v1alpha1",
  kind,
  metadata: { name },
  spec,
});
const crashes = (params: object) =>
  resource("ProbeConfig", "crashes", { case: "workload/crash-loop", params, clear: "0s", owner: "team-e2e" });

/** With the data that it had before. */
const start = () =>
  Roundsman.start({ kubeconfig, configs: [], args: ["--config-from-cluster", "--data", join(dir, "data")] });

/** What its condition says, once it says so of what was applied last. */
async function condition(what: string, status: "True" | "False"): Promise<any> {
  const [kind, name] = what.split("/");
  for (const end = Date.now() + 30_000; Date.now() < end; await wait(100)) {
    const { metadata, status: has } = JSON.parse(await cluster.kubectl("get", kind!, name!, "-o", "json"));
    const said = has?.conditions?.[0];
    if (said?.observedGeneration === metadata.generation && said?.status === status) return said;
  }
  throw new Error(`${what} is not ${status}: ${await cluster.kubectl("describe", kind!, name!)}\n${running.stderr}`);
}

async function finding(state: "open" | "resolved"): Promise<Finding> {
  for (const end = Date.now() + 60_000; Date.now() < end; await wait(100)) {
    const found = (await running.findings()).find(
      (one) => one.case === "workload/crash-loop" && one.subject.namespace === NS,
    );
    if (found?.state === state) return found;
  }
  throw new Error(`no finding that is ${state}: ${JSON.stringify(await running.findings())}\n${running.stderr}`);
}

async function instance(): Promise<any> {
  const { cases } = (await (await fetch(`${running.url}/v1/cases`)).json()) as { cases: any[] };
  return cases.find(({ name }) => name === "workload/crash-loop").instances[0];
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-config-e2e-"));
  const installed = await roundsman("crd", "install", "--kubeconfig", cluster.kubeconfig);
  expect(installed.code, installed.stderr).toBe(0);
  await cluster.kubectl("wait", "crd", "--for=condition=Established", "--timeout=30s", "--all");
  const account = { name: "roundsman-watcher", namespace: ACCOUNT, file: join(dir, "kubeconfig") };
  await createAccount(cluster, { ...account, args: ["--kubeconfig", cluster.kubeconfig] });
  kubeconfig = await createAccount(cluster, { ...account, args: ["--config-from-cluster"] });
  // Of a node that there is not: nobody writes its status but we.
  await cluster.apply([
    namespace(NS),
    pod(NS, "crashing", { spec: { nodeSelector: { "e2e.example.com/no": "node" } } }),
  ]);
  const waiting = { reason: "CrashLoopBackOff", message: "m" };
  const container = { name: "app", image: "app", imageID: "", ready: false, restartCount: 2, state: { waiting } };
  await cluster.patch(["pod", "crashing", "-n", NS], { status: { containerStatuses: [container] } }, "status");
  running = await start();
});
afterAll(async () => {
  await running?.stop();
  running?.remove();
  await cluster.kubectl("delete", "roundsman", "--all", "--ignore-not-found");
  await cluster.kubectl("delete", "namespace", NS, ACCOUNT, "--ignore-not-found", "--wait=false");
  rmSync(dir, { recursive: true, force: true });
});

it("what is applied counts within seconds: kubectl says so, and a finding follows from it", async () => {
  expect((await instance()).params.restarts).toBe(3);
  await cluster.apply([
    crashes({ restarts: 2 }),
    resource("Budget", "per-hour", { scope: "cluster", limits: [{ most: 2, per: "1h" }] }),
    resource("Defender", "trusting", { trust: [{ level: "cordon" }] }),
    resource("Remedier", "nodes", { match: { condition: { type: "Ready" } }, steps: [{ operation: "cordon" }] }),
    resource("AlertSubscription", "all", { sink: { stdout: {} } }),
    resource("Cluster", "elsewhere", {}),
  ]);
  expect(await condition("pcfg/crashes", "True")).toMatchObject({ type: "Accepted", reason: "Accepted" });
  for (const one of ["bud/per-hour", "dfd/trusting", "rmd/nodes", "asub/all", "rcl/elsewhere"])
    await condition(one, "True");
  expect(await finding("open")).toMatchObject({
    owner: "team-e2e",
    message: expect.stringContaining("keeps crashing"),
  });
  expect(await cluster.kubectl("get", "roundsman")).toMatch(
    /^probeconfig\S*\/crashes +workload\/crash-loop +True +Accepted +\d+s$/m,
  );
});

it("a mistake is told by its field, and the last good one stands, over a restart too; mended, it counts", async () => {
  await cluster.apply([crashes({ restart: 5 })]);
  const { reason, message } = await condition("pcfg/crashes", "False");
  expect(reason).toBe("Invalid");
  expect(message).toBe(
    'ProbeConfig crashes: params.restart is not known; did you mean "restarts"? What was accepted before stays in force.',
  );
  expect(await cluster.kubectl("describe", "pcfg", "crashes")).toContain('did you mean "restarts"?');
  expect((await instance()).params.restarts).toBe(2);
  expect(await running.stop()).toBe(0);
  running.remove();
  running = await start();
  expect((await instance()).params.restarts).toBe(2);
  expect((await finding("open")).episodes).toBe(1);
  await cluster.apply([crashes({ restarts: 5 })]);
  expect(await condition("pcfg/crashes", "True")).toMatchObject({ observedGeneration: 3, message: "It is in force." });
  await finding("resolved");
});

it("two that configure the same: the later is refused and names the other; it counts when that is gone", async () => {
  await cluster.apply([resource("ProbeConfig", "again", { case: "workload/crash-loop", params: { restarts: 7 } })]);
  expect((await condition("pcfg/again", "False")).message).toContain("as ProbeConfig crashes does");
  // Both say so.
  const both = "It is in force. Refused because of it: ProbeConfig again.";
  await cluster.kubectl(
    ...["wait", "pcfg/crashes", "--timeout=30s"],
    `--for=jsonpath={.status.conditions[0].message}=${both}`,
  );
  await cluster.kubectl("delete", "pcfg", "crashes");
  await condition("pcfg/again", "True");
  expect((await instance()).params.restarts).toBe(7);
  await cluster.kubectl("delete", "pcfg", "again");
  for (const end = Date.now() + 30_000; (await instance()).params.restarts !== 3; await wait(100))
    if (Date.now() > end) throw new Error("the default does not come back");
});

describe("what the API server itself refuses, by the field, our own checks refuse too", () => {
  const read = createResourceReader();
  const condition = { type: "Ready" };
  const steps = [{ operation: "cordon" }];
  it.each<[field: string, sentence: string, one: Obj]>([
    ["spec.match", "must name a finding or a condition, and not both", resource("Remedier", "a", { match: {}, steps })],
    [
      "spec.match",
      "must name a finding or a condition, and not both",
      resource("Remedier", "a", { match: { condition, finding: { case: ["*"] } }, steps }),
    ],
    [
      "spec.steps",
      "the first step is due at once",
      resource("Remedier", "a", { match: { condition }, steps: [{ operation: "cordon", after: "5m" }] }),
    ],
    [
      "spec.steps",
      "say how long after the step before, such as 10m",
      resource("Remedier", "a", { match: { condition }, steps: [...steps, { operation: "drain" }] }),
    ],
    [
      "spec.minSuccess",
      "must be a share of at most 100%",
      resource("Remedier", "a", { match: { condition }, steps, minSuccess: "101%" }),
    ],
    [
      "spec",
      "would allow everything; give it limits, inFlight or healthy",
      resource("Budget", "a", { scope: "cluster" }),
    ],
    ["spec", "its scope has no size", resource("Budget", "a", { scope: "owner", limits: [{ most: "5%", per: "1h" }] })],
    [
      "spec.limits",
      "have a window twice",
      resource("Budget", "a", {
        scope: "cluster",
        limits: [
          { most: 1, per: "1h" },
          { most: 2, per: "1h" },
        ],
      }),
    ],
    [
      "spec.limits[0].most",
      "must be a count from 0 to 100000",
      resource("Budget", "a", { scope: "cluster", limits: [{ most: "100%", per: "1h" }] }),
    ],
    ["spec.inFlight", "must be a count from 0 to 100000", resource("Budget", "a", { scope: "cluster", inFlight: -1 })],
    [
      "spec.healthy.atLeast",
      'must be a share from "1%" to "99%"',
      resource("Budget", "a", { scope: "cluster", healthy: { atLeast: "0%" } }),
    ],
    [
      "spec.calendars[0]",
      "must have a schedule or spans, and not both",
      resource("Defender", "a", { calendars: [{ name: "n", kind: "freeze" }] }),
    ],
    [
      "spec.calendars[0]",
      "has a schedule and no duration",
      resource("Defender", "a", { calendars: [{ name: "n", kind: "freeze", schedule: "0 22 * * *" }] }),
    ],
    [
      "spec.staleLeases.share",
      'must be a share from "1%" to "99%"',
      resource("Defender", "a", { staleLeases: { share: "100%", atLeast: 1 } }),
    ],
    ["spec.sink", "must have one of stdout and webhook", resource("AlertSubscription", "a", { sink: {} })],
    [
      "spec.sink.webhook.url",
      "must be an http:// or https:// URL",
      resource("AlertSubscription", "a", { sink: { webhook: { url: "ftp://a" } } }),
    ],
    ["spec.for", "should match", resource("ProbeConfig", "a", { case: "a/b", for: "soon" })],
    ['unknown field "spec.fro"', "", resource("ProbeConfig", "a", { case: "a/b", fro: "2m" })],
  ])("%s %s", async (field, sentence, one) => {
    const { code, stderr } = await cluster.tryKubectl(["apply", "--dry-run=server", "-f", "-"], JSON.stringify(one));
    expect([code, stderr]).toEqual([1, expect.stringContaining(field)]);
    expect(stderr).toContain(sentence);
    expect(() => {
      const taken = read(one, "it");
      if (taken.kind === "AlertSubscription")
        sinkOf(taken, { env: {}, stdout: { write: () => undefined, colour: false } });
      checkHealing([taken], Date.now());
    }).toThrow();
  });
});

it("uses the rights that its role names, all of them and no others", () => {
  const used = [...rightsUsed(cluster.place.state, `${ACCOUNT}:roundsman-watcher`)].filter((one) =>
    // The executor's kind is read by cases that read every kind, as their own role says.
    /^roundsman\.dev\/(?!remedyoperationjobs )/.test(one),
  );
  const named = CONFIG_RIGHTS.flatMap(({ resources, verbs }) =>
    resources.flatMap((one) => verbs.map((verb) => `roundsman.dev/${one} ${verb}`)),
  );
  expect(used.sort()).toEqual(named.sort());
});
