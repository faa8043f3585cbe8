/**
 * The remedies' path as processes of their own, over three real brokers, on a real API server with KWOK's nodes: three
 * defenders, two healers, two executors, the remedy function. Each is killed while nodes hang; in the end every one of them was
 * cordoned, drained, verified and given back, and nothing was begun twice.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect, findAccess, type KubeClient } from "#broker/kube/index.ts";
import { type KafkaLog, kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { Bed } from "#test/kafka/support/bed.ts";
import { Cluster } from "./support/cluster.ts";
import { Member } from "./support/fleet.ts";
import { namespace, playedNode, pod } from "./support/objects.ts";
import { freePorts } from "./support/ports.ts";
import { roundsman } from "./support/roundsman.ts";

const NS = "remedy-fleet-e2e";
const KILLED = [
  ...["defender-0", "remedy", "executor-0", "healer-0", "dispatcher", "defender-1", "executor-1", "healer-1"],
  ...["watcher", "ledger"],
] as const;
const NODES = KILLED.map((_, i) => `hung-${i}`);

const resource = (kind: string, name: string, spec: object) => ({
  ...{ apiVersion: "roundsman.dev/v1alpha1", kind, metadata: { name }, spec },
});
const RESOURCES = [
  resource("Defender", "defender", { trust: [{ level: "drain" }] }),
  resource("Budget", "of-the-cluster", { scope: "cluster", limits: [{ most: 40, per: "10m" }] }),
  // What a killed executor left unbegun may be asked for again.
  resource("Budget", "of-a-node", { scope: "target", limits: [{ most: 1, per: "20s" }] }),
  resource("ProbeConfig", "hung", { case: "node/task-hung", for: "1s", clear: "1s", strategy: "act" }),
  resource("Remedier", "hung-nodes", {
    strategy: "act",
    match: { finding: { case: ["node/task-hung"] } },
    steps: [{ operation: "drain", params: { within: "30s" } }],
  }),
];

let dir: string;
let cluster: Cluster;
let bed: Bed;
let client: KubeClient;
let log: KafkaLog;
const members = new Map<string, Member>();
const member = (name: string) => members.get(name)!;
const node = (name: string): Promise<any> => client.get(`/api/v1/nodes/${name}`);

interface Word {
  readonly what: string;
  readonly target: { readonly name: string };
  readonly fence?: number;
  readonly grant?: { readonly fence: number };
  readonly message?: string;
}
async function words(): Promise<Word[]> {
  const all: Word[] = [];
  for await (const records of log.read("remedies"))
    for (const { headers, value } of records)
      all.push({ ...JSON.parse(value!), what: headers.ce_type!.split(".").at(-2)! });
  return all;
}

/** Whoever ended by itself (its Lease was late) is started again, as a cluster would. */
async function revive(): Promise<void> {
  for (const one of members.values()) if (!one.isRunning) await one.start();
}

async function until(what: string, within: number, is: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + within; !(await is()); await wait(200)) {
    await revive();
    if (Date.now() < end) continue;
    const said = (await words()).map((one) => `${one.target.name} ${one.what} ${one.message ?? ""}`).join("\n");
    const errors = [...members.values()].map(({ name, stderr }) => `${name}: ${stderr.slice(-1_500)}`).join("\n");
    throw new Error(`${what}: not within ${within} ms\n${said}\n${errors}`);
  }
}

async function hang(name: string, isHung: boolean): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const [status, reason] = isHung ? ["True", "DockerHung"] : ["False", "KernelHasNoDeadlock"];
  const times = { lastHeartbeatTime: now, lastTransitionTime: now };
  const condition = { type: "KernelDeadlock", status, reason, message: reason, ...times };
  await client.request({
    method: "PATCH",
    path: `/api/v1/nodes/${name}/status`,
    headers: { "content-type": "application/strategic-merge-patch+json" },
    body: JSON.stringify({ status: { conditions: [condition] } }),
  });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-remedy-fleet-"));
  cluster = new Cluster(inject("place"));
  bed = await Bed.up(3);
  const installed = await roundsman("crd", "install", "--kubeconfig", cluster.kubeconfig);
  expect(installed.code, installed.stderr).toBe(0);
  await cluster.apply([namespace(NS), ...NODES.map((name) => playedNode(name))]);
  await cluster.apply(NODES.map((name) => pod(NS, `on-${name}`, { spec: { nodeName: name, nodeSelector: {} } })));
  client = connect(findAccess({ env: {}, kubeconfig: cluster.kubeconfig })!, {
    ...{ clock: systemClock, random: Math.random },
  });
  const config = join(dir, "config");
  mkdirSync(config);
  for (const one of RESOURCES) writeFileSync(join(config, `${one.metadata.name}.json`), JSON.stringify(one));
  const connection = { brokers: bed.brokers, clientId: "e2e", connectTimeout: 2_000, requestTimeout: 10_000 };
  log = kafkaLog({ connection, clock: systemClock });
  await log.ready;

  const port = await freePorts(5);
  const url = (n: number) => `http://127.0.0.1:${port + n}`;
  const defenders = [url(2), url(3), url(4)].join(",");
  const kafka = { ROUNDSMAN_KAFKA_BROKERS: bed.brokers.join(",") };
  const kube = { ROUNDSMAN_KUBECONFIG: cluster.kubeconfig };
  const lease = (name: string) => ({ ROUNDSMAN_LEASE: `${NS}/${name}`, ROUNDSMAN_LEASE_DURATION: "9000" });
  const at = (n: number) => ({ ROUNDSMAN_PORT: String(port + n) });
  const add = (name: string, args: readonly string[], env: Record<string, string>) =>
    members.set(name, new Member(name, args, env));
  add("host", ["host"], at(0));
  const home = ["--hosts", url(0), "--config", config, "--cluster", "one"];
  add("watcher", ["run", "watcher", ...home], { ...kafka, ...kube });
  add("dispatcher", ["run", "dispatcher", "--hosts", url(0), "--remedy", url(1)], kafka);
  add("ledger", ["run", "ledger"], kafka);
  add("remedy", ["run", "remedy", "--defender", defenders], at(1));
  for (const i of [0, 1, 2]) add(`defender-${i}`, ["run", "defender"], { ...kafka, ...at(2 + i) });
  for (const i of [0, 1]) {
    add(`healer-${i}`, ["run", "healer"], { ...kafka, ...kube, ...lease("healer") });
    add(`executor-${i}`, ["run", "executor", "--cluster", "one", "--defender", defenders], { ...kafka, ...kube });
  }
  for (const one of members.values()) await one.start();
  for (const one of members.values()) await one.ready();
}, 240_000);
afterAll(async () => {
  await Promise.all([...members.values()].map((one) => one.end("SIGKILL")));
  await log?.close();
  for (const name of NODES) await cluster?.tryKubectl(["delete", "node", name, "--wait=false"]);
  await cluster?.tryKubectl(["delete", "namespace", NS, "--wait=false"]);
  client?.close();
  await bed?.down();
  rmSync(dir, { recursive: true, force: true });
});

describe("the remedies of a fleet", () => {
  it("wait for a person to answer for the new journal, who may say so to any defender", async () => {
    expect(member("defender-2").stderr).toContain("roundsman defender init");
    const why = "a new fleet, nothing was ever done";
    const said = await roundsman("defender", "init", "--reason", why, "--url", member("defender-1").url);
    expect(said.code, said.stderr).toBe(0);
    await until("every defender knows", 10_000, async () => {
      const all = await Promise.all(
        [0, 1, 2].map(async (i) => (await fetch(`${member(`defender-${i}`).url}/v1/defender`)).json() as any),
      );
      return all.every(({ initialised }) => initialised);
    });
  });

  it("each process is killed while nodes hang: every node is mended, and nothing is begun twice", async () => {
    for (const [i, killed] of KILLED.entries()) {
      const name = NODES[i]!;
      await hang(name, true);
      // In the middle: later each time, so that what is killed has it in hand, or is about to.
      await wait(900 + i * 150);
      expect(await member(killed).end("SIGKILL")).toBe(null);
      await wait(1_000);
      await member(killed).start();
      await member(killed).ready();
    }
    const drained = async () =>
      new Set((await words()).flatMap((one) => (one.what === "succeeded" ? one.target.name : [])));
    await until("every node is drained", 150_000, async () => (await drained()).size === NODES.length);
    for (const name of NODES) {
      expect((await node(name)).spec.unschedulable, name).toBe(true);
      const { items } = await client.get<any>(`/api/v1/pods?fieldSelector=spec.nodeName%3D${name}`);
      expect(items.filter((one: any) => !one.metadata.deletionTimestamp)).toEqual([]);
      await hang(name, false);
    }
    await until("every node is given back", 60_000, async () => {
      const all = await Promise.all(NODES.map(node));
      return all.every(({ spec }) => spec.unschedulable !== true);
    });
    const said = await words();
    const begun = new Map<number, number>();
    for (const one of said) {
      const fence = one.fence ?? one.grant?.fence;
      if (one.what === "started" && fence !== undefined) begun.set(fence, (begun.get(fence) ?? 0) + 1);
    }
    expect([...begun.values()].filter((count) => count > 1)).toEqual([]);
    // Done once for each: what succeeded is not asked for again.
    const successes = said.filter(({ what }) => what === "succeeded");
    expect(new Set(successes.map(({ target }) => target.name)).size).toBe(NODES.length);
    const count = (what: string) => said.filter((one) => one.what === what).length;
    process.stdout.write(
      `${KILLED.length} killed; ${["granted", "denied", "started", "succeeded", "failed", "expired", "undone"].map((what) => `${count(what)} ${what}`).join(", ")}\n`,
    );
    expect(count("started")).toBeGreaterThanOrEqual(NODES.length);
  });
});
