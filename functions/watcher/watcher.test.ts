/** The watcher against the practice API server, over real HTTP: what it sends, takes back, and says of itself. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, type KubeClient, plainAccess } from "#broker/kube/index.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { startTestApi, type TestApi } from "#functions/practice/testing/api.ts";
import { inspection } from "#sdk";
import { manifestOf } from "#sdk/case/manifest.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Heartbeat, Sizes } from "#sdk/operation/reports.ts";
import { instancesOn } from "#sdk/resources/instances.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { Check, Mark, Verdict } from "#sdk/terms.ts";
import { Watcher } from "./watcher.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const bad = inspection.each({
  name: "x/bad",
  severity: "low",
  reason: "r",
  help: "h",
  of: { kind: "v1/ConfigMap", where: { "data.bad": "true" }, pick: ["data.bad"] },
  check: () => "bad",
});
const instances = instancesOn({ name: "c" }, [manifestOf(bad, "case.ts", "1")], []);

let api: TestApi;
let client: KubeClient;
let log: Log;
let watcher: Watcher | undefined;

beforeEach(async () => {
  api = await startTestApi();
  client = connect(plainAccess(api.server.url, "c"), { clock: systemClock, random: () => 0 });
  log = memoryLog({ clock: systemClock });
});
afterEach(async () => {
  await watcher?.stop();
  watcher = undefined;
  client.close();
  await log.close();
  await api.server.close();
  expect(api.failures).toEqual([]);
});

async function start(lost?: () => void, claimant = "w1") {
  const options = { cluster: "c", client, log, instances, clock: systemClock, random: () => 0, claimant };
  watcher = new Watcher({ ...options, logger: createLogger("silent"), markEvery: 50, ...(lost && { lost }) });
  await watcher.start();
  await watcher.synced;
  return watcher;
}

/** Counts of the list and watch of configmaps. */
const stream = () => Object.entries(watcher!.status().streams).find(([source]) => source.includes("configmaps"))?.[1];

const put = (name: string, isBad: boolean) =>
  api.ask("POST", MAPS, { metadata: { name }, data: { bad: String(isBad) } });
const turn = (name: string, isBad: boolean) =>
  api.ask(
    "PATCH",
    `${MAPS}/${name}`,
    { data: { bad: String(isBad) } },
    { "content-type": "application/merge-patch+json" },
  );

async function values<T>(topic: string, type: string): Promise<T[]> {
  const found: T[] = [];
  for await (const records of log.read(topic))
    for (const { headers, value } of records)
      if (headers.ce_type === type && value !== null) found.push(JSON.parse(value));
  return found;
}
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((done) => setTimeout(done, 2))) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`not within 10 s: ${look}`);
}
const checks = (count: number) =>
  until(async () => {
    const all = await values<Check>("checks", TYPES.checkDue);
    return all.length >= count && all;
  });
const keys = (of: readonly { readonly key: unknown }[]) => of.map(({ key }) => key);
const key = (name: string) => `ConfigMap/default/${name}`;

/** What a dispatcher would answer. */
const answer = ({ id, cluster, case: name, instance, key: of, stamp }: Check, outcome: Verdict["outcome"]) =>
  log.append([
    recordOf({
      topic: "verdicts",
      key: [cluster, instance, of],
      type: TYPES.verdict,
      id,
      source: "/t",
      dataText: JSON.stringify({ id, cluster, case: name, instance, key: of, stamp, outcome, problems: [] }),
    }),
  ]);
const passes = () =>
  until(async () => {
    const all = (await values<Verdict>("verdicts", TYPES.verdict)).filter(({ outcome }) => outcome === "pass");
    return all.length > 0 && all;
  });

describe("checks", () => {
  it("are sent for candidates alone, stamped, with their rows as they were picked", async () => {
    await put("good", false);
    await put("bad", true);
    await start();
    const [first, ...more] = await checks(1);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ cluster: "c", case: "x/bad", key: key("bad"), stamp: { epoch: 1, seq: 1 } });
    expect(first!.rows.it).toMatchObject([{ metadata: { name: "bad" }, data: { bad: "true" } }]);
  });

  it("come of changes, one unanswered per key; what changes meanwhile goes into the next", async () => {
    await put("a", false);
    await start();
    await turn("a", true);
    const [first] = await checks(1);
    await turn("a", false);
    await turn("a", true);
    await until(async () => (stream()?.events ?? 0) >= 3);
    expect(await checks(1)).toHaveLength(1);
    await answer(first!, "fail");
    expect(keys(await checks(2))).toEqual([key("a"), key("a")]);
  });

  it("are no news where the change is elsewhere", async () => {
    await put("a", true);
    await start();
    await answer((await checks(1))[0]!, "fail");
    await api.ask("PATCH", `${MAPS}/a`, { data: { other: "1" } }, { "content-type": "application/merge-patch+json" });
    await put("b", true);
    expect(keys(await checks(2))).toEqual([key("a"), key("b")]);
  });
});

describe("what it takes back", () => {
  it("a key that states a problem and is no candidate any more gets `pass` from the watcher itself", async () => {
    await put("a", true);
    await start();
    await answer((await checks(1))[0]!, "fail");
    await turn("a", false);
    expect(await passes()).toMatchObject([{ key: key("a"), stamp: { epoch: 1, seq: 2 } }]);
  });

  it("after a start too: what the ledger holds and the cluster does not", async () => {
    const entry = {
      cluster: "c",
      instance: "x/bad",
      key: key("gone"),
      stamp: { epoch: 1, seq: 9 },
      offset: 1,
      statements: [],
    };
    const id = JSON.stringify(["c", "x/bad", key("gone")]);
    const record = recordOf({
      topic: "ledger",
      key: [],
      type: TYPES.ledger,
      id,
      source: "/t",
      dataText: JSON.stringify(entry),
    });
    await log.append([{ ...record, key: id }]);
    await start();
    expect(await passes()).toMatchObject([{ key: key("gone"), outcome: "pass" }]);
  });
});

describe("a watch that breaks off", () => {
  it("goes on where it was, without a list", async () => {
    await start();
    const before = api.server.requests.all().length;
    api.server.knobs.cutWatches();
    await put("a", true);
    expect(keys(await checks(1))).toEqual([key("a")]);
    expect(stream()).toMatchObject({ lists: 1 });
    expect(api.server.requests.all().length).toBeGreaterThan(before);
  });

  it("and cannot go on (410) lists again, and finds what it missed, also what is gone", async () => {
    await put("a", true);
    await start();
    await answer((await checks(1))[0]!, "fail");
    api.server.knobs.outage(true);
    await until(async () => (stream()?.errors ?? 0) > 0);
    // Behind the server's back, as far as the watcher goes: it is cut off.
    api.server.knobs.outage(false);
    api.server.knobs.cutWatches();
    await api.ask("DELETE", `${MAPS}/a`);
    await put("b", true);
    api.server.knobs.compact();
    api.server.knobs.cutWatches();
    expect(keys(await checks(2))).toContain(key("b"));
    expect(await passes()).toMatchObject([{ key: key("a") }]);
  });
});

describe("what it says of itself", () => {
  it("marks: how old each view is", async () => {
    await start();
    const mark = await until(async () => (await values<Mark>("verdicts", TYPES.mark)).at(-1));
    expect(mark.cluster).toBe("c");
    expect(mark.ages["v1/ConfigMap"]).toBeLessThan(5_000);
    expect(mark.refused).toEqual({});
  });

  it("a kind that it may not list makes the case unable to run, by name of the right; others go on", async () => {
    api.server.knobs.forbid("configmaps");
    await start();
    const mark = await until(async () =>
      (await values<Mark>("verdicts", TYPES.mark)).find(({ refused }) => Object.keys(refused).length > 0),
    );
    expect(mark.refused["x/bad"]).toMatchObject({ code: "kube-forbidden" });
    expect(mark.refused["x/bad"]!.message).toMatch(/Grant the rule .*configmaps/);
    expect(mark.ages["v1/ConfigMap"]).toBeNull();
  });

  it("an epoch: a later watcher takes the cluster, and the earlier one is told", async () => {
    let isLost = false;
    const first = await start(() => {
      isLost = true;
    });
    const second = await start(undefined, "w2");
    await until(async () => isLost);
    expect(second.status().stamp.epoch).toBe(2);
    await first.stop();
  });

  it("facts: each transition of a node's condition is an event", async () => {
    const ready = (status: string, lastTransitionTime: string) => ({
      conditions: [{ type: "Ready", status, reason: "R", lastTransitionTime }],
    });
    await api.ask("POST", "/api/v1/nodes", { metadata: { name: "n1" }, status: ready("True", "2026-01-01T00:00:00Z") });
    await start();
    await api.ask(
      "PATCH",
      "/api/v1/nodes/n1/status",
      { status: ready("False", "2026-01-02T00:00:00Z") },
      { "content-type": "application/merge-patch+json" },
    );
    const facts = await until(async () => {
      const all = await values<any>("events", TYPES.nodeCondition);
      return all.some(({ status }) => status === "False") && all;
    });
    expect(facts.at(-1)).toMatchObject({ cluster: "c", node: "n1", type: "Ready", status: "False" });
  });
});

describe("what the defender goes by", () => {
  const nodes = "/api/v1/nodes";
  const ready = (status: string) => ({ conditions: [{ type: "Ready", status }] });

  it("sizes once all is listed, again when a node turns, and a heartbeat with the ages of views", async () => {
    await api.ask("POST", nodes, { metadata: { name: "n1" }, status: ready("True") });
    await start();
    const sizesOf = async (count: number) =>
      until(async () => {
        const all = await values<Sizes>("clusters", TYPES.sizes);
        return all.length >= count && all.at(-1)!.scopes.find((one) => one.scope === "cluster" && one.kind === "Node");
      });
    expect(await sizesOf(1)).toMatchObject({ total: 1, healthy: 1 });
    const [beat] = await values<Heartbeat>("clusters", TYPES.heartbeat);
    expect(beat).toMatchObject({ cluster: "c", leases: { total: 1, stale: 0 } });
    expect(Object.keys(beat!.ages).sort()).toEqual(["v1/ConfigMap", "v1/Namespace", "v1/Node"]);
    const patch = { "content-type": "application/merge-patch+json" };
    await api.ask("PATCH", `${nodes}/n1/status`, { status: ready("False") }, patch);
    expect(await sizesOf(2)).toMatchObject({ total: 1, healthy: 0 });
  });
});
