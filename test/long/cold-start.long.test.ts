/**
 * How long a check waits that is due while its host rests at zero pods, beside a bare node:http function on the same cluster,
 * by turns. Needs a test bed and root, as the end-to-end lane does: it brings up a cluster with Knative.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dueCheck } from "#functions/host/process.test-kit.ts";
import type { Cluster } from "#test/e2e/support/cluster.ts";
import { loadImages } from "#test/e2e/support/images.ts";
import { BARE, bareService, KnativeFunction } from "#test/e2e/support/knative.ts";
import { nodeCluster } from "#test/e2e/support/node-cluster.ts";
import { Overlay } from "#test/e2e/support/overlay.ts";
import { retry } from "#test/e2e/support/retry.ts";
import { kept } from "./runs.ts";

const RUNS = Number(process.env.ROUNDSMAN_LONG_COLD_STARTS ?? 20);
/** What issue and README say: at most so much of the bare one's. */
const REACH = 1.2;
const NS = "roundsman";
/** Down to zero as fast as Knative goes. */
const RESTLESS = {
  "autoscaling.knative.dev/window": "6s",
  "autoscaling.knative.dev/scale-to-zero-pod-retention-period": "0s",
};

const dir = mkdtempSync(join(tmpdir(), "roundsman-cold-start-"));
let cluster: Cluster;

beforeAll(async () => {
  cluster = await nodeCluster();
  // Else a pod stays half a minute after the decision to have none.
  const grace = { data: { "scale-to-zero-grace-period": "6s" } };
  await cluster.patch(["configmap", "config-autoscaler", "-n", "knative-serving"], grace);
  await loadImages(cluster, ["host"]);
  mkdirSync(join(dir, "bare"));
  writeFileSync(join(dir, "bare/main.mjs"), BARE);
  const entrypoint = ["node", "/main.mjs"];
  await cluster.makeImage("dev.local/bare:e2e", join(dir, "bare"), {
    env: ["NODE_ENV=production"],
    workdir: "/",
    entrypoint,
  });
}, 180_000);
afterAll(async () => {
  await cluster?.down();
  rmSync(dir, { recursive: true, force: true });
});

const median = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;

it(`a check that is due at zero pods has its verdict in at most ${REACH} of a bare function's time`, async () => {
  const patch = JSON.stringify({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "roundsman-host", namespace: NS },
    spec: { template: { metadata: { annotations: RESTLESS } } },
  });
  const overlay = new Overlay(cluster, join(dir, "host"), ["base", "hosts/service"], { patches: [{ patch }] });
  await overlay.apply();
  await cluster.apply([bareService("default", "bare", "dev.local/bare:e2e", RESTLESS)]);
  const host = new KnativeFunction(cluster, NS, "roundsman-host");
  const bare = new KnativeFunction(cluster, "default", "bare");
  await Promise.all([host.ready(), bare.ready()]);
  const secret = await cluster.kubectl("get", "secret", "roundsman-sender", "-n", NS, "-o", "jsonpath={.data.token}");
  const authorization = `Bearer ${Buffer.from(secret, "base64").toString("utf8")}`;
  const took = { host: [] as number[], bare: [] as number[] };
  const ask = async (who: "host" | "bare") => {
    const { event } = dueCheck("workload/pending-too-long", "web", { after: "5m" });
    const began = performance.now();
    const headers = { "content-type": "application/cloudevents+json", authorization };
    const { status, body } = await (who === "host" ? host : bare).post(JSON.stringify(event), headers);
    took[who].push(performance.now() - began);
    expect([status, body]).toEqual([200, expect.stringContaining(who === "host" ? '"outcome":' : '"specversion"')]);
  };
  for (let run = 0; run < RUNS; run++) {
    await retry(() => Promise.all([host.resting(), bare.resting()]), 120_000);
    for (const who of run % 2 === 0 ? (["host", "bare"] as const) : (["bare", "host"] as const)) await ask(who);
  }
  const ms = (all: readonly number[]) => all.map(Math.round);
  const ratio = mean(took.host) / mean(took.bare);
  const medians = median(took.host) / median(took.bare);
  kept("cold-start", { runs: RUNS, ratio, medians, hostMs: ms(took.host).join(" "), bareMs: ms(took.bare).join(" ") });
  expect(took.host.length).toBe(RUNS);
  if (RUNS >= 20) expect(medians).toBeLessThanOrEqual(REACH);
});
