import { describe, expect, it } from "vitest";
import { Tables } from "#broker/table/tables.ts";
import { inspection } from "#sdk";
import { compileReads } from "#sdk/case/compile.ts";
import { manifestOf } from "#sdk/case/manifest.ts";
import { instancesOn } from "#sdk/resources/instances.ts";
import { Planner } from "./planner.ts";

const every = inspection.each({
  name: "x/every",
  severity: "low",
  reason: "r",
  help: "h",
  of: { kind: "v1/Pod" },
  check: () => "x",
});
const manifest = manifestOf(every, "case.ts", "1");
const instances = instancesOn({ name: "c" }, [manifest], []);

/** A planner whose candidates are so many pods, all of them sent and unanswered at 0. */
function sent(pods: number) {
  const tables = new Tables(
    instances.map(({ id, params }) => ({ id, compiled: compileReads(manifest, params) })),
    () => true,
  );
  for (let i = 0; i < pods; i++)
    tables.upsert(
      "v1/Pod",
      { apiVersion: "v1", kind: "Pod", metadata: { name: `p${i}`, namespace: "d", uid: `u${i}` } },
      0,
    );
  const planner = new Planner({ cluster: "c", epoch: 1, instances, tables });
  planner.drain("x/every", 0, true);
  expect(planner.take()).toHaveLength(pods);
  const again = (now: number, isPending = false) => {
    planner.resend(now, () => isPending);
    return planner.take();
  };
  return { planner, tables, again };
}

describe("a check that stays unanswered", () => {
  it("goes again after thirty seconds, then later and later, at most every ten minutes; its stamp stays", () => {
    const { planner, again } = sent(1);
    const at: number[] = [];
    const ids = new Set<string>();
    for (let now = 0; now <= 3_600_000; now += 1_000)
      for (const record of again(now)) {
        at.push(now / 1_000);
        ids.add(record.headers.ce_id!);
      }
    expect(at).toEqual([30, 90, 210, 450, 930, 1_530, 2_130, 2_730, 3_330]);
    expect([...ids]).toEqual(["c/1.1"]);
    expect(planner.unanswered(5_000)).toEqual({ "x/every": 5_000 });
  });

  it("is withheld while the dispatcher has it", () => {
    const { again } = sent(1);
    expect([again(60_000, true).length, again(61_000).length]).toEqual([0, 1]);
  });

  it("goes with others at no more than two hundred a second", () => {
    const { again } = sent(450);
    expect([again(30_000), again(31_000), again(32_000), again(33_000)].map((all) => all.length)).toEqual([
      200, 200, 50, 0,
    ]);
  });

  it("becomes a pass where its key is no candidate any more", () => {
    const { again, tables } = sent(1);
    tables.remove("v1/Pod", { apiVersion: "v1", kind: "Pod", metadata: { name: "p0", namespace: "d", uid: "u0" } }, 1);
    expect(again(30_000).map(({ topic, value }) => [topic, JSON.parse(value!).outcome])).toEqual([
      ["verdicts", "pass"],
    ]);
  });
});

it("the floor is the lowest stamp that waits", () => {
  const { planner } = sent(3);
  const answer = (key: string, seq: number) =>
    planner.answered({ instance: "x/every", key, stamp: { epoch: 1, seq }, outcome: "fail" }, 10);
  expect(planner.floor()).toBe(1);
  answer("Pod/d/p0", 1);
  expect(planner.floor()).toBe(2);
  answer("Pod/d/p2", 3);
  expect(planner.floor()).toBe(2);
  answer("Pod/d/p1", 99);
  expect(planner.floor()).toBe(2);
  answer("Pod/d/p1", 2);
  expect([planner.floor(), planner.unanswered(10)]).toEqual([4, {}]);
});

describe("a key that somebody wants judged", () => {
  const key = "Pod/d/p0";
  const answer = (planner: Planner, seq: number) =>
    planner.answered({ instance: "x/every", key, stamp: { epoch: 1, seq }, outcome: "fail" }, 1);

  it("gets a new check, with rows as they are now", () => {
    const { planner } = sent(1);
    answer(planner, 1);
    planner.ask("x/every", key, 5);
    expect(planner.take().map(({ topic, headers }) => [topic, headers.ce_id])).toEqual([["checks", "c/1.2"]]);
  });

  it("waits for the check that is under way", () => {
    const { planner } = sent(1);
    planner.ask("x/every", key, 5);
    expect(planner.take()).toEqual([]);
    answer(planner, 1);
    expect(planner.take().map(({ headers }) => headers.ce_id)).toEqual(["c/1.2"]);
  });

  it("passes where it is no candidate: what was stated is taken back", () => {
    const { planner } = sent(1);
    planner.ask("x/every", "gone", 5);
    planner.ask("x/unknown", key, 5);
    expect(planner.take().map(({ topic, value }) => [topic, JSON.parse(value!).outcome])).toEqual([
      ["verdicts", "pass"],
    ]);
  });
});
