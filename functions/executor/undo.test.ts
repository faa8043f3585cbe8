import { describe, expect, it } from "vitest";
import type { Job } from "#sdk/operation/job.ts";
import { runGrant } from "./run.ts";
import { LIMITS } from "./state.ts";
import { choreOf, release, sweep } from "./sweep.ts";
import { grant, node, type World, world } from "./world.test-kit.ts";

const free = (_: string, work: () => Promise<void>) => work();
const finding = (fingerprint: string, episode = 1) => ({ finding: { fingerprint, episode } });
const over = (fingerprint: string, episode = 1) => new Map([[fingerprint, episode]]);
const cordoned = ({ admin }: World) => admin.get("v1/Node", { name: "n" })?.spec?.unschedulable === true;
const jobsOf = ({ store }: World) => store.objects.list("remedyoperationjobs.roundsman.dev") as unknown as Job[];

describe("an own cordon", () => {
  it("stays until the last finding that holds it is resolved", async () => {
    const at = await world();
    const n = node(at.admin, "n") as never;
    const one = at.edge("one");
    await runGrant(one, grant(at, "cordon", n, 1, finding("a")));
    await runGrant(one, grant(at, "drain", n, 2, finding("b")));
    expect(jobsOf(at)[0]!.status?.holds).toMatchObject([
      { operation: "cordon", fence: 1 },
      { operation: "drain", fence: 2 },
    ]);
    await release(one, over("a"), free);
    expect(cordoned(at)).toBe(true);
    await release(one, over("b"), free);
    expect(cordoned(at)).toBe(false);
    expect(at.reports.filter(({ what }) => what === "undone")).toHaveLength(1);
  });

  it("is not taken back for an episode that ended before it", async () => {
    const at = await world();
    await runGrant(at.edge("one"), grant(at, "cordon", node(at.admin, "n") as never, 1, finding("a", 5)));
    await release(at.edge("one"), over("a", 4), free);
    expect(cordoned(at)).toBe(true);
  });

  it("that a person set anew is theirs, where the API server notes it", async () => {
    const at = await world();
    const one = at.edge("one");
    await runGrant(one, grant(at, "cordon", node(at.admin, "n") as never, 1, finding("a")));
    const hands = { ...one.hands, managerOf: async () => "kubectl-cordon" };
    await release({ ...one, hands }, over("a"), free);
    expect(cordoned(at)).toBe(true);
    expect(at.admin.get("v1/Node", { name: "n" })!.metadata.annotations).toBeUndefined();
    expect(at.reports.map(({ what }) => what)).not.toContain("undone");
  });

  it("is taken back by the next sweep where the API server was away", async () => {
    const at = await world();
    const one = at.edge("one");
    await runGrant(one, grant(at, "cordon", node(at.admin, "n") as never, 1, finding("a")));
    const undo = at.server.knobs.forbid("nodes", ["patch"]);
    await expect(release(one, over("a"), free)).rejects.toThrow(/forbid/);
    expect(cordoned(at)).toBe(true);
    undo();
    await sweep(at.edge("two"), free);
    expect(cordoned(at)).toBe(false);
  });

  it("of a node that was made anew is nobody's", async () => {
    const at = await world();
    await runGrant(at.edge("one"), grant(at, "cordon", node(at.admin, "n") as never, 1, finding("a")));
    at.admin.remove("v1/Node", { name: "n" });
    node(at.admin, "n");
    at.admin.edit("v1/Node", { name: "n" }, (draft: any) => {
      draft.spec = { unschedulable: true };
      draft.metadata.annotations = { "roundsman.dev/cordoned": "1" };
    });
    await release(at.edge("one"), over("a"), free);
    expect(cordoned(at)).toBe(true);
  });
});

describe("a sweep", () => {
  it("deletes what is old, and no earlier", async () => {
    const at = await world();
    const one = at.edge("one");
    await runGrant(
      one,
      grant(at, "annotate", node(at.admin, "n") as never, 1, { params: { annotations: { a: "b" } } }),
    );
    at.timeline.advance(LIMITS.keep - 1_000);
    await sweep(one, free);
    expect(jobsOf(at)).toHaveLength(1);
    at.timeline.advance(2_000);
    await sweep(one, free);
    expect(jobsOf(at)).toHaveLength(0);
  });

  it("keeps what holds something while its target stands", async () => {
    const at = await world();
    const one = at.edge("one");
    await runGrant(one, grant(at, "cordon", node(at.admin, "n") as never, 1));
    at.timeline.advance(LIMITS.keep + 1_000);
    await sweep(one, free);
    expect(jobsOf(at)).toHaveLength(1);
    at.admin.remove("v1/Node", { name: "n" });
    await sweep(one, free);
    expect(jobsOf(at)).toHaveLength(0);
  });

  it("leaves what is under way to whoever is at it", () => {
    const job = {
      spec: { grant: { fence: 1, notAfter: 0 } },
      status: { fence: 1, phase: "Acting", deadline: new Date(1_000).toISOString() },
    } as unknown as Job;
    expect([choreOf(job, 1_000, LIMITS), choreOf(job, 1_001, LIMITS)]).toEqual([undefined, "look"]);
  });
});
