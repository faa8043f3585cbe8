/**
 * The observing path as processes of their own, over real Kafka, on a real API server: two watchers, dispatchers, hosts,
 * ledgers and alerts. Each is killed while the cluster changes; the findings at the end are the cluster's truth.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect, createWriter, findAccess, type KubeClient, type Writer } from "#broker/kube/index.ts";
import { type KafkaLog, kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import type { Finding, Verdict } from "#sdk/terms.ts";
import { type Inbox, openInbox } from "#test/faults/inbox.ts";
import { Bed } from "#test/kafka/support/bed.ts";
import { Cluster } from "./support/cluster.ts";
import { Member } from "./support/fleet.ts";
import { namespace } from "./support/objects.ts";
import { freePorts } from "./support/ports.ts";

const NS = "fleet-e2e";
const CASE = "team/marked-bad";
const OBJECTS = 120;
const MAPS = `/api/v1/namespaces/${NS}/configmaps`;
/** Says which writing of the object it speaks of. */
const SOURCE = `import { inspection } from "roundsman";
export default inspection.each({
  name: "${CASE}", severity: "high", clear: "0s", reason: "r", help: "h",
  of: { kind: "v1/ConfigMap", where: { "data.bad": "true" }, pick: ["data.turn"] },
  check: (map) => ({ message: "bad since turn " + map.data.turn }),
});
`;

let dir: string;
let bed: Bed;
let inbox: Inbox;
let client: KubeClient;
let writer: Writer;
let log: KafkaLog;
const members = new Map<string, Member>();

/** What each object was told to be, in order. */
const written = new Map<string, { readonly bad: boolean; readonly turn: number }[]>();
let turn = 0;

async function mark(name: string, bad: boolean): Promise<void> {
  const history = written.get(name) ?? [];
  const data = { bad: String(bad), turn: String(++turn) };
  // Written down first: what is said of it later may be of a writing whose answer was lost.
  written.set(name, [...history, { bad, turn }]);
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: NS } };
  if (history.length === 0) await writer.create(MAPS, { ...object, data });
  else
    await client.request({
      method: "PATCH",
      path: `${MAPS}/${name}`,
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ data }),
    });
}
const isBad = (name: string) => written.get(name)?.at(-1)?.bad === true;
const badNames = () => [...written.keys()].filter(isBad).sort();

async function recordsOf<T>(topic: string): Promise<T[]> {
  const values: T[] = [];
  for await (const records of log.read(topic))
    for (const { value } of records) if (value !== null) values.push(JSON.parse(value));
  return values;
}
async function findings(cluster = "fleet"): Promise<Map<string, Finding>> {
  const last = new Map<string, Finding>();
  for (const one of await recordsOf<Finding>("findings"))
    if (one.case === CASE && one.cluster === cluster) last.set(one.subject.name, one);
  return last;
}
const openNames = async (cluster?: string) =>
  [...(await findings(cluster)).values()]
    .flatMap(({ state, subject }) => (state === "open" ? [subject.name] : []))
    .sort();

async function until(what: string, within: number, is: () => Promise<boolean>): Promise<number> {
  const begun = Date.now();
  let failed = "";
  const holds = () =>
    is().catch((e) => {
      failed = String(e);
      return false;
    });
  while (!(await holds())) {
    if (Date.now() - begun > within) {
      const said = [...members.values()].map(({ name, stderr }) => `${name}: ${stderr.slice(-600)}`).join("\n");
      throw new Error(`not within ${within} ms: ${what} ${failed}\n${said}`);
    }
    await wait(100);
  }
  return Date.now() - begun;
}
const member = (name: string) => members.get(name)!;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-fleet-"));
  const cluster = new Cluster(inject("place"));
  bed = await Bed.up(1);
  inbox = await openInbox();
  await cluster.apply([namespace(NS)]);
  client = connect(findAccess({ env: {}, kubeconfig: cluster.kubeconfig })!, {
    clock: systemClock,
    random: Math.random,
  });
  writer = createWriter(client, "fleet-e2e");
  const [cases, config] = [join(dir, "cases"), join(dir, "config")];
  for (const one of [cases, config]) mkdirSync(one);
  writeFileSync(join(cases, "marked-bad.ts"), SOURCE);
  const sink = { webhook: { url: inbox.url("fleet") } };
  // A second cluster of the fleet: its watcher looks at the same API server under another name.
  const other = { apiVersion: "roundsman.dev/v1alpha1", kind: "Cluster", metadata: { name: "other" }, spec: {} };
  writeFileSync(join(config, "other.json"), JSON.stringify(other));
  const subscription = {
    kind: "AlertSubscription",
    metadata: { name: "inbox" },
    spec: { match: { case: [CASE] }, sink },
  };
  writeFileSync(join(config, "inbox.json"), JSON.stringify({ apiVersion: "roundsman.dev/v1alpha1", ...subscription }));
  const connection = { brokers: bed.brokers, clientId: "fleet-e2e", connectTimeout: 2_000, requestTimeout: 10_000 };
  log = kafkaLog({ connection, clock: systemClock });
  await log.ready;

  const first = await freePorts(2);
  const hosts = [first, first + 1].map((port) => `http://127.0.0.1:${port}`);
  const kafka = { ROUNDSMAN_KAFKA_BROKERS: bed.brokers.join(",") };
  const lease = (name: string) => ({
    ROUNDSMAN_KUBECONFIG: cluster.kubeconfig,
    ROUNDSMAN_LEASE: `${NS}/${name}`,
    ROUNDSMAN_LEASE_DURATION: "6000",
  });
  const add = (name: string, args: readonly string[], env: Record<string, string>) =>
    members.set(name, new Member(name, args, env));
  for (const [i, url] of hosts.entries()) add(`host-${i}`, ["host", cases], { ROUNDSMAN_PORT: new URL(url).port });
  for (const i of [0, 1]) {
    const home = ["--hosts", hosts.join(","), "--config", config, "--cluster", "fleet"];
    add(`watcher-${i}`, ["run", "watcher", ...home], { ...kafka, ...lease("watcher") });
    add(`dispatcher-${i}`, ["run", "dispatcher", "--hosts", hosts.join(",")], kafka);
    add(`ledger-${i}`, ["run", "ledger"], { ...kafka, ...lease("ledger") });
    add(`alert-${i}`, ["run", "alert"], { ...kafka, ...lease("alert") });
  }
  add("other", ["run", "watcher", "--cluster", "other"], { ...kafka, ROUNDSMAN_KUBECONFIG: cluster.kubeconfig });
  await Promise.all([...members.values()].map((one) => one.start()));
  await Promise.all([...members.values()].map((one) => one.ready()));
});
afterAll(async () => {
  await Promise.all([...members.values()].map((one) => one.end("SIGKILL")));
  await log?.close();
  await client?.request({ method: "DELETE", path: `/api/v1/namespaces/${NS}` }).catch(() => undefined);
  client?.close();
  await inbox?.close();
  await bed?.down();
  rmSync(dir, { recursive: true, force: true });
});

const notices = (): Finding[] => [...inbox.of("fleet").values()].flat().map((body) => JSON.parse(body) as Finding);
const told = (name: string, state: string) =>
  notices().some((one) => one.cluster === "fleet" && one.subject.name === name && one.state === state);

describe("a fleet on Kafka", () => {
  it("a fault becomes a finding and a notice, and both end when it is mended", async () => {
    await mark("first", true);
    await until("a finding", 30_000, async () => (await openNames()).includes("first"));
    await until("a notice", 30_000, async () => told("first", "open"));
    await mark("first", false);
    await until("the finding is resolved", 30_000, async () => !(await openNames()).includes("first"));
    await until("a notice that it is", 30_000, async () => told("first", "resolved"));
  });

  it("each process is killed while the cluster changes: nothing is lost, nothing false is said", async () => {
    for (let i = 0; i < OBJECTS; i++) await mark(`map-${i}`, i % 2 === 0);
    let isOver = false;
    const changing = (async () => {
      for (let i = 0; !isOver; i = (i + 7) % OBJECTS) {
        await mark(`map-${i}`, !isBad(`map-${i}`));
        await wait(20);
      }
    })();
    changing.catch(() => undefined); // told below
    const killed: string[] = [];
    for (const kind of ["host", "dispatcher", "watcher", "ledger", "alert"])
      for (const i of [0, 1]) {
        const one = member(`${kind}-${i}`);
        expect(await one.end("SIGKILL")).toBe(null);
        killed.push(one.name);
        await wait(4_000);
        await one.start();
        await one.ready();
      }
    isOver = true;
    await changing;
    expect(killed).toHaveLength(10);
    expect(turn).toBeGreaterThan(1_000);
    const truth = badNames();
    await until("findings are the cluster's truth", 60_000, async () => {
      return JSON.stringify(await openNames()) === JSON.stringify(truth);
    });
    // Whichever replica is asked, also one that stands by.
    for (const i of [0, 1])
      await until(`ledger-${i} says so`, 30_000, async () => {
        const answer = await fetch(`${member(`ledger-${i}`).url}/v1/findings?state=open&cluster=fleet&case=${CASE}`);
        const { findings: open } = (await answer.json()) as { findings: Finding[] };
        return JSON.stringify(open.map(({ subject }) => subject.name).sort()) === JSON.stringify(truth);
      });
    // Each one that was ever said speaks of a writing that was bad.
    const bad = new Set(
      [...written].flatMap(([name, all]) => all.filter((one) => one.bad).map((one) => `${name} ${one.turn}`)),
    );
    const said = (await recordsOf<Finding>("findings")).filter((one) => one.case === CASE);
    const lies = said.filter(({ subject, message }) => !bad.has(`${subject.name} ${/\d+$/.exec(message)![0]}`));
    expect(lies).toEqual([]);
    for (const [name, { state, message }] of await findings())
      if (state === "open") expect(message).toBe(`bad since turn ${written.get(name)!.at(-1)!.turn}`);
    await until("the last notice of each says what is so", 60_000, async () => {
      const said = new Set(notices().map(({ fingerprint, episode, state }) => `${fingerprint} ${episode} ${state}`));
      return [...(await findings()).values()].every((one) =>
        said.has(`${one.fingerprint} ${one.episode} ${one.state}`),
      );
    });

    const verdicts = (await recordsOf<Verdict>("verdicts")).filter(({ case: of, id }) => of === CASE && id);
    const doubled = verdicts.length - new Set(verdicts.map(({ id }) => id)).size;
    const sent = [...inbox.of("fleet").values()];
    const twice = sent.filter((bodies) => bodies.length > 1).length;
    process.stdout.write(
      `${turn} changes, ${verdicts.length} verdicts, ${doubled} of them again; ${sent.length} notices, ${twice} of them again\n`,
    );
  });

  it("a cluster whose watchers are gone is a finding and freezes its own; the other goes on", async () => {
    const silence = async () =>
      (await recordsOf<Finding>("findings")).findLast(
        (one) => one.case === "roundsman/stale-view" && one.cluster === "fleet",
      )?.state;
    const truth = badNames();
    for (const i of [0, 1]) expect(await member(`watcher-${i}`).end("SIGKILL")).toBe(null);
    await mark("last", true);
    await until("the other cluster's finding", 30_000, async () => (await openNames("other")).includes("last"));
    await until("a finding on the silence", 60_000, async () => (await silence()) === "open");
    expect(await openNames()).toEqual(truth);
    await until("the ledger says of each whether it is stale", 10_000, async () => {
      const asked = await fetch(`${member("ledger-0").url}/v1/findings?state=open&case=${CASE}`);
      const { findings: open } = (await asked.json()) as { findings: Finding[] };
      return (
        open.length > truth.length && open.every(({ cluster, stale }) => (stale === true) === (cluster === "fleet"))
      );
    });
    await Promise.all([0, 1].map((i) => member(`watcher-${i}`).start()));
    await until("the silence is over", 60_000, async () => (await silence()) === "resolved");
    await until("what was missed is found", 30_000, async () => (await openNames()).includes("last"));
    expect(await openNames()).toEqual(badNames());
  });
});
