/** The healer with remedy function and defender's answers on a log in memory: what is due comes, once, over restarts too. */
import { describe, expect, it, onTestFinished } from "vitest";
import { writeConfig } from "#broker/config-view.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { Remedy } from "#functions/remedy/remedy.ts";
import { inspection } from "#sdk";
import { manifestOf } from "#sdk/case/manifest.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Decision, DecisionOutcome } from "#sdk/operation/decision.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import { API_VERSION, type Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { Finding } from "#sdk/terms.ts";
import { Healer } from "./healer.ts";
import * as story from "./story.test-kit.ts";

const hung = inspection.each({
  name: "x/hung",
  severity: "high",
  reason: "r",
  help: "h",
  of: { kind: "v1/Node" },
  check: () => "it hangs",
});
const resource = (kind: string, name: string, spec: object) =>
  ({ apiVersion: API_VERSION, kind, metadata: { name }, spec }) as Resource;
const remedier = (strategy: string) =>
  resource("Remedier", "hung", { strategy, match: { finding: { case: ["x/hung"] } }, steps: [{ operation: "drain" }] });
const ACTS = resource("ProbeConfig", "hung", { case: "x/hung", strategy: "act" });

async function world(resources: readonly Resource[], outcome: DecisionOutcome = "granted") {
  const log = memoryLog({ clock: systemClock });
  const cluster = resource("Cluster", "c", {});
  await writeConfig(log, [manifestOf(hung, "case.ts", "1")], [...resources, cluster]);
  const asked: OperationRequest[] = [];
  const answer = async (request: OperationRequest): Promise<Decision> => {
    asked.push(request);
    const { id, matter, operation, target, actor } = request;
    const grant = outcome === "granted" ? { grant: { fence: asked.length, notAfter: Date.now() + 5_000 } } : {};
    return { id, matter, outcome, offset: 1, time: 1, operation, cluster: "c", target, actor, ...grant, reasons: [] };
  };
  const start = async () => {
    const options = { log, clock: systemClock, logger: createLogger("silent"), operations: new Set(["drain"]) };
    const healer = new Healer(options);
    const remedy = new Remedy({
      log,
      clock: systemClock,
      logger: createLogger("silent"),
      actor: "remedy",
      decide: answer,
      explain: answer,
      say: () => "said",
    });
    await healer.start();
    remedy.start();
    const stop = async () => {
      await healer.stop();
      await remedy.stop();
    };
    onTestFinished(stop);
    return { healer, stop };
  };
  return { log, asked, start };
}

const tell = (log: Log, state: Finding["state"], name = "n1", more: Partial<Finding> = {}) => {
  const finding = {
    fingerprint: `f-${name}`,
    case: "x/hung",
    severity: "high",
    state,
    episode: 7,
    cluster: "c",
    subject: { apiVersion: "v1", kind: "Node", name },
    related: [],
    message: "it hangs",
    target: { uid: `uid-${name}` },
    firstSeen: new Date(1_000).toISOString(),
    ...more,
  };
  const type = state === "open" ? TYPES.raised : TYPES.resolved;
  return log.append([
    recordOf({
      topic: "findings",
      key: [finding.fingerprint],
      type,
      id: `${name}/${state}`,
      source: "/l",
      dataText: JSON.stringify(finding),
    }),
  ]);
};

async function said(log: Log, topic: string): Promise<string[]> {
  const all: string[] = [];
  for await (const records of log.read(topic))
    for (const { headers, value } of records) {
      const { target } = parseJson(value!) as RemedyDue;
      all.push(`${headers.ce_type!.split(".").at(-2)} ${target.name}`);
    }
  return all;
}
async function until(look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5_000; !(await look()); await new Promise((done) => setTimeout(done, 2)))
    if (Date.now() > end) throw new Error(`not within 5 s: ${look}`);
}

describe("a finding that a remedier is for", () => {
  it("makes it due, and what the defender grants is said to the executor", async () => {
    const { log, asked, start } = await world([remedier("act"), ACTS]);
    await start();
    await tell(log, "open");
    await until(async () => (await said(log, "remedies")).includes("granted n1"));
    expect(asked).toMatchObject([
      {
        operation: "drain",
        cluster: "c",
        actor: "remedy",
        depends: ["v1/Node"],
        target: { kind: "Node", uid: "uid-n1" },
      },
    ]);
  });

  it("is due once: a restart knows what was asked, and goes on with what was not", async () => {
    const { log, asked, start } = await world([remedier("act"), ACTS]);
    const first = await start();
    await tell(log, "open");
    await until(async () => (await said(log, "remedies")).length === 1);
    await first.stop();
    await tell(log, "open", "n2");
    const second = await start();
    await until(async () => (await said(log, "remedies")).includes("granted n2"));
    expect(await said(log, "due")).toEqual(["due n1", "due n2"]);
    expect(asked).toHaveLength(2);
    expect(second.healer.pending().map(({ next }) => next.do)).toEqual(["wait", "wait"]);
  });

  it.each([
    ["its remedier", [remedier("observe"), ACTS]],
    ["its case", [remedier("act")]],
  ])("is only said where %s was not told to act", async (_, resources) => {
    const { log, start } = await world(resources);
    await start();
    await tell(log, "open");
    await until(async () => (await said(log, "remedies")).length > 0);
    expect(await said(log, "remedies")).toEqual(["observed n1"]);
  });

  it("is only said, and why, where its remedier did no good; after a restart too", async () => {
    const { log, start } = await world([remedier("act"), ACTS]);
    for (let n = 0; n < 5; n++)
      await log.append([
        story.word("granted", n, { remedier: "hung" }),
        story.report("failed", n, { failure: "not-verified" }),
      ]);
    const { healer, stop } = await start();
    expect(healer.stats().remediers).toMatchObject([
      { remedier: "hung", flaw: expect.stringContaining("0 succeeded") },
    ]);
    await tell(log, "open");
    await until(async () => (await said(log, "remedies")).includes("observed n1"));
    await stop();
    await start();
    await tell(log, "open", "n2");
    await until(async () => (await said(log, "remedies")).includes("observed n2"));
    expect(await said(log, "remedies")).not.toContain("granted n1");
    const texts: string[] = [];
    for await (const records of log.read("remedies")) texts.push(...records.map(({ value }) => value!));
    expect(texts.at(-1)).toContain("Remedier hung only observes: of its latest 5 operations 0 succeeded");
  });

  it("is left alone where it names no object that was seen", async () => {
    const { log, start } = await world([remedier("act"), ACTS]);
    await start();
    await tell(log, "open", "n0", { target: undefined as never });
    await tell(log, "open");
    await until(async () => (await said(log, "remedies")).length > 0);
    expect(await said(log, "due")).toEqual(["due n1"]);
  });

  it("is asked for no more when it is resolved", async () => {
    const { log, start } = await world([remedier("act"), ACTS], "denied");
    const { healer } = await start();
    await tell(log, "open");
    await until(async () => (await said(log, "remedies")).includes("denied n1"));
    expect(healer.pending()).toMatchObject([{ remedier: "hung", next: { do: "wait" } }]);
    await tell(log, "resolved");
    await until(async () => healer.pending().length === 0);
  });
});
