import { describe, expect, it } from "vitest";
import { fault } from "#sdk/errors.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { StreamView } from "./reflector.ts";
import { judgeViews } from "./views.ts";

const instance = (id: string, ...kinds: string[]): Instance =>
  ({ id, case: id, manifest: { reads: Object.fromEntries(kinds.map((kind) => [kind, { kind }])) } }) as never;
const instances = [instance("pods", "v1/Pod"), instance("both", "v1/Pod", "v1/Node"), instance("all", "*")];
const plan = { streams: [], absent: new Map(), all: new Set(["v1/Pod", "v1/Node"]) };
const judge = (pods: StreamView[], nodes: StreamView[] = [{ age: 0 }], elapsed = 0) =>
  judgeViews({
    plan,
    instances,
    elapsed,
    streams: new Map([
      ["v1/Pod", pods],
      ["v1/Node", nodes],
    ]),
  });
const forbidden = fault("kube-forbidden", { server: "s", verb: "list", resource: "pods", message: "no", rule: "{}" });
const cut = fault("kube-interrupted", { server: "s", what: "w" });

describe("judgeViews", () => {
  it("lets run what reads only kinds that are listed and fresh", () => {
    expect([...judge([{ age: 0 }]).ready]).toEqual(["pods", "both", "all"]);
    expect([...judge([{ age: 0 }], [{ age: null }]).ready]).toEqual(["pods"]);
  });

  it("freezes what is older than thirty seconds", () => {
    expect([...judge([{ age: 30_000 }]).ready]).toEqual(["pods", "both", "all"]);
    expect([...judge([{ age: 30_001 }]).ready]).toEqual([]);
  });

  it("is as old as the oldest of a kind's streams", () => {
    expect(judge([{ age: 10 }, { age: 40_000 }]).ages["v1/Pod"]).toBe(40_000);
  });

  it("has no age for what was never listed, until that itself is news", () => {
    expect(judge([{ age: null }], undefined, 29_000).ages["v1/Pod"]).toBeNull();
    expect(judge([{ age: null }], undefined, 31_000).ages["v1/Pod"]).toBe(31_000);
  });

  it("refuses what reads a kind that may not be listed; `*` leaves it out and goes on", () => {
    const { ready, refused, leftOut, ages } = judge([{ age: 5, error: forbidden }]);
    expect([...ready]).toEqual(["all"]);
    expect(Object.keys(refused)).toEqual(["pods", "both"]);
    expect(refused.pods?.code).toBe("kube-forbidden");
    expect([leftOut, ages["v1/Pod"]]).toEqual([["v1/Pod"], null]);
  });

  it("takes what may be tried again for age alone", () => {
    const { refused, ready } = judge([{ age: 5, error: cut }]);
    expect([refused, ready.has("pods")]).toEqual([{}, true]);
  });

  it("refuses a case whose external table is not configured", () => {
    const external = { id: "x", case: "x", manifest: { reads: { cmdb: { table: "cmdb" } } } } as never as Instance;
    const { refused } = judgeViews({ plan, instances: [external], elapsed: 0, streams: new Map() });
    expect(refused.x).toMatchObject({ code: "table-missing" });
  });
});
