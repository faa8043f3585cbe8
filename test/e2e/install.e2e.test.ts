/** The embedded overlay as a user installs it, on a real node: one pod, its first finding, its rights, and nothing left. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Finding } from "#sdk/terms.ts";
import { rightsUsed } from "./support/audit-log.ts";
import type { Cluster } from "./support/cluster.ts";
import { type Forward, forward } from "./support/forward.ts";
import { loadImages } from "./support/images.ts";
import { nodeCluster } from "./support/node-cluster.ts";
import { Overlay } from "./support/overlay.ts";
import { retry } from "./support/retry.ts";
import { rightsGranted } from "./support/rights.ts";
import { roundsman } from "./support/roundsman.ts";

const NS = "roundsman";
const dir = mkdtempSync(join(tmpdir(), "roundsman-e2e-install-"));
let cluster: Cluster;
let overlay: Overlay;
let api: Forward;

beforeAll(async () => {
  cluster = await nodeCluster("--node", "--audit");
  await loadImages(cluster, ["roundsman"]);
  overlay = new Overlay(cluster, dir, ["overlays/embedded"]);
});
afterAll(async () => {
  api?.close();
  await cluster?.down();
  rmSync(dir, { recursive: true, force: true });
});

const token = async (...audience: string[]) =>
  (await cluster.kubectl("create", "token", "roundsman-reader", "-n", NS, ...audience)).trim();
const ask = async (path: string, bearer?: string) =>
  fetch(`${api.url}${path}`, { headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } });
/** As a user asks: the command line, with a reader's token. */
const findings = async (state: string): Promise<Finding[]> => {
  const file = join(dir, "token");
  writeFileSync(file, await token("--audience", "roundsman"));
  const how = ["--url", api.url, "--token-file", file, "--state", state, "-o", "json"];
  const { code, stdout, stderr } = await roundsman("findings", ...how);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Finding[];
};

it("is applied at once, and its one pod is ready", async () => {
  await overlay.apply();
  await cluster.kubectl("rollout", "status", "deployment/roundsman", "-n", NS, "--timeout=90s");
  api = await forward(cluster, NS, "deployment/roundsman", 8080);
  expect((await ask("/readyz")).status).toBe(200);
});

it("lets nobody start in its namespace who asks for more than the restricted profile", async () => {
  const { code, stderr } = await cluster.tryKubectl(["run", "-n", NS, "root", "--image=dev.local/none:1"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('violates PodSecurity "restricted')]);
});

it("answers who has a token of the reader's for it, and nobody else", async () => {
  expect((await ask("/v1/findings")).status).toBe(401);
  expect((await ask("/v1/findings", await token())).status).toBe(401);
  const reader = await token("--audience", "roundsman");
  expect((await ask("/v1/findings", reader)).status).toBe(200);
  expect((await ask("/metrics", reader)).status).toBe(200);
  const brake = { method: "POST", headers: { authorization: `Bearer ${reader}`, "content-type": "application/json" } };
  expect((await fetch(`${api.url}/v1/brake`, { ...brake, body: '{"reason":"x"}' })).status).toBe(403);
});

it("says what is wrong by configuration that was applied, and takes it back", async () => {
  await cluster.apply([
    {
      apiVersion: "roundsman.dev/v1alpha1",
      kind: "ProbeConfig",
      metadata: { name: "pending" },
      spec: { case: "workload/pending-too-long", params: { after: "2s" }, for: "1s" },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "unpullable", namespace: "default" },
      spec: { containers: [{ name: "c", image: "dev.local/none:1", imagePullPolicy: "Never" }] },
    },
  ]);
  await cluster.kubectl("wait", "--for=condition=Accepted", "probeconfig/pending", "--timeout=20s");
  const told = async (state: string) => {
    const all = await findings(state);
    const one = all.find(({ subject }) => subject.name === "unpullable");
    if (!one) throw new Error(`none is ${state} of it: ${JSON.stringify(all)}`);
    return one;
  };
  const raised = await retry(() => told("open"), 30_000);
  expect(raised).toMatchObject({ cluster: "in-cluster", case: "workload/pending-too-long", severity: "medium" });
  await cluster.kubectl("delete", "pod", "unpullable", "--grace-period=0", "--force");
  await retry(() => told("resolved"), 30_000);
});

it("uses all rights that it was given, no other, and is missing none", async () => {
  const listed = await cluster.kubectl("api-resources", "--verbs=list,watch", "-o", "name", "--no-headers");
  const served = new Set(listed.trim().split("\n"));
  const granted = [...rightsGranted(await overlay.render(), "roundsman-watcher")];
  const used = rightsUsed(cluster.place.state, "roundsman-watcher");
  expect([...used].filter((one) => !granted.includes(one))).toEqual([]);
  // What this cluster does not serve nobody can use; and of the statuses one was written above.
  const isServed = (right: string) => {
    const [group, resource] = right.split(" ")[0]!.split("/");
    return served.has(group ? `${resource}.${group}` : resource!) || / create$/.test(right);
  };
  expect(granted.filter((one) => !/ patch$/.test(one) && isServed(one) && !used.has(one))).toEqual([]);
  expect(used).toContain("roundsman.dev/probeconfigs/status patch");
  expect((await findings("open")).filter(({ case: name }) => name === "roundsman/left-out")).toEqual([]);
});

it("ends on SIGTERM, well before it would be given up (10 s), whoever is still connected", async () => {
  const began = Date.now();
  await cluster.kubectl("delete", "pod", "-n", NS, "-l", "app.kubernetes.io/component=standalone", "--wait");
  expect(Date.now() - began).toBeLessThan(8_000);
  await cluster.kubectl("rollout", "status", "deployment/roundsman", "-n", NS, "--timeout=60s");
});

it("leaves nothing behind", async () => {
  expect((await overlay.left()).length).toBeGreaterThan(10);
  await overlay.remove();
  expect(await overlay.left()).toEqual([]);
});
