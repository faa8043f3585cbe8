import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeHttp } from "#sdk/event/http.ts";
import type { Verdict } from "#sdk/terms.ts";
import { type BuiltHost, buildHost, dueCheck, type RunningHost } from "./process.test-kit.ts";

const CASES = {
  pods: `import { existsSync } from "node:fs";
import { inspection } from "roundsman";
const of = { kind: "v1/Pod", where: { "metadata.name": "x" } };
export const said = inspection.each({ name: "t/said", severity: "high", of, check: (pod) => ({ message: pod.metadata.name + " is said" }) });
export const hangs = inspection.each({ name: "t/hangs", severity: "high", of, check: (pod) => { while (!existsSync(pod.metadata.name)); } });`,
  broken: "export default 1;",
};

let built: BuiltHost;
let host: RunningHost;
beforeAll(async () => {
  built = await buildHost(CASES);
  host = await built.start({ ROUNDSMAN_CHECK_DEADLINE: "1000" });
});
afterAll(async () => {
  host.kill("SIGKILL");
  await host.ended;
  built.remove();
});

const BATCHED = "application/cloudevents-batch+json";
async function post(body: unknown, type = "application/cloudevents+json", url = host.url) {
  const answer = await request(url, {
    method: "POST",
    headers: { "content-type": type },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  const said = () => decodeHttp({ headers: answer.headers, body: text });
  const verdicts = () => said().events.map(({ data }) => data as Verdict);
  return { status: answer.statusCode, text, said, verdicts };
}

describe("a host", () => {
  it("answers a check with its verdict, in binary mode", async () => {
    const { check, event } = dueCheck("t/said", "web");
    const answer = await post(event);
    expect(answer.status).toBe(200);
    expect(answer.said()).toMatchObject({ mode: "binary", events: [{ id: check.id, source: "/clusters/c/host" }] });
    expect(answer.verdicts()).toMatchObject([
      { id: check.id, key: "web", stamp: check.stamp, outcome: "fail", problems: [{ message: "web is said" }] },
    ]);
  });

  it("answers a batch with a verdict to each, also to one that hangs and one that nobody knows", async () => {
    const all = [
      dueCheck("t/said", "a"),
      dueCheck("t/hangs", "/nowhere"),
      dueCheck("t/none", "b"),
      dueCheck("t/said", "c"),
    ];
    const answer = await post(
      all.map(({ event }) => event),
      BATCHED,
    );
    expect(answer.verdicts().map(({ id }) => id)).toEqual(all.map(({ check }) => check.id));
    expect(answer.verdicts().map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ["fail", undefined],
      ["error", "case-deadline"],
      ["error", "case-unknown"],
      ["fail", undefined],
    ]);
    expect(answer.verdicts()[1]!.error!.message).toMatch(/t\/hangs under key "\/nowhere" took longer than 1000 ms/);
  });

  it.each([
    ["another type", (e: any) => ({ ...e, type: "x.v1" }), "The event is refused: type is"],
    ["a later version", (e: any) => ({ ...e, type: "dev.roundsman.check.due.v3" }), "type is"],
    ["no data", ({ data: _, ...e }: any) => e, "data is nothing; expected a check"],
    ["no case", (e: any) => ({ ...e, data: { ...e.data, case: undefined } }), "data.case is missing"],
    [
      "a stamp without epoch",
      (e: any) => ({ ...e, data: { ...e.data, stamp: { seq: 1 } } }),
      "data.stamp is something",
    ],
    ["rows that are no lists", (e: any) => ({ ...e, data: { ...e.data, rows: { of: 1 } } }), "data.rows is something"],
    ["another id within", (e: any) => ({ ...e, id: "other" }), "data.id is"],
  ])("refuses a batch with %s, and names the place and the field", async (_, spoil, says) => {
    const { event } = dueCheck("t/said", "a");
    expect((await post(spoil(event))).text).toContain(says);
    const batch = await post([event, spoil(event)], BATCHED);
    expect([batch.status, batch.text.includes("batch[1] is refused")]).toEqual([400, true]);
  });

  it("says what it serves, what it has done, and what it could not load", async () => {
    const { cases } = (await (await fetch(`${host.url}/v1/cases`)).json()) as { cases: { name: string }[] };
    expect(cases.map(({ name }) => name)).toEqual(["t/hangs", "t/said"]);
    const metrics = await (await fetch(`${host.url}/metrics`)).text();
    expect(metrics).toMatch(/roundsman_host_cases 2\n/);
    expect(metrics).toContain('roundsman_host_checks_broken_off_total{code="case-deadline"} 1');
    expect(host.stderr()).toContain("broken.js exports no case");
  });
});

describe("a host that is told to stop", () => {
  it("finishes what is under way, answers it, and ends with 0", async () => {
    const own = await built.start({ ROUNDSMAN_CHECK_DEADLINE: "20000" });
    const file = join(built.cases, "go-on");
    const { check, event } = dueCheck("t/hangs", file);
    const answer = post(event, undefined, own.url);
    for (let inFlight = ""; inFlight !== "1"; )
      inFlight = /in_flight (\d+)/.exec(await (await fetch(`${own.url}/metrics`)).text())![1]!;
    own.kill("SIGTERM");
    while (await fetch(`${own.url}/livez`).catch(() => false));
    writeFileSync(file, "");
    expect((await answer).verdicts()).toMatchObject([{ id: check.id, outcome: "pass" }]);
    expect(await own.ended).toBe(0);
  });
});

describe("a host that cannot begin", () => {
  it.each([
    [{ ROUNDSMAN_ADDRESS: "0.0.0.0" }, "callers must be known"],
    [{ ROUNDSMAN_THREADS: "none" }, "ROUNDSMAN_THREADS"],
    [{ ROUNDSMAN_TLS_CERT: "/no.pem" }, "needs --tls-key beside it"],
  ])("says why: %o", async (env, says) => {
    await expect(built.start(env)).rejects.toThrow(says);
  });
});
