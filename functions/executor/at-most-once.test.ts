import { describe, expect, it } from "vitest";
import { jobName } from "#sdk/operation/job.ts";
import { practiceArena } from "./arena.test-kit.ts";
import { count, runExecutions } from "./at-most-once.test-kit.ts";
import type { Edge } from "./edge.ts";
import type { Post } from "./post.ts";
import { runGrant } from "./run.ts";
import { begun, progress } from "./state.ts";
import { sweep } from "./sweep.ts";
import { Crash, crashing, grant, node, pod, type World, world } from "./world.test-kit.ts";

const counter = () => {
  let times = 0;
  const post: Post = async () => {
    times += 1;
    return 200;
  };
  return { post, times: () => times };
};

describe("a grant is carried out at most once", () => {
  it("by five executors that end at random awaits and are started again", async () => {
    const { arena } = await practiceArena();
    const tally = await runExecutions({ arena, grants: 80, seed: 1, parallel: 1 });
    expect(tally.violations).toEqual([]);
    expect(tally.grants).toBe(80);
    // It happened: crashes, late fences, targets made anew; and most of it was done all the same.
    expect(tally.crashes).toBeGreaterThan(60);
    expect(tally.stale).toBeGreaterThan(5);
    expect(tally.recreated).toBeGreaterThan(3);
    expect(tally.executed).toBeGreaterThan(40);
    expect(tally.outcomes).toMatchObject({ Succeeded: expect.any(Number), never: expect.any(Number) });
  });

  it("by one that ends at each of its awaits, before it or after it, and by the next one", async () => {
    const { admin, edge, timeline, store } = await world([count]);
    const n = node(admin, "n");
    const whole = crashing(edge("whole", {}, counter().post), undefined);
    await runGrant(whole.edge, grant({ timeline }, "count", n as never, 1));
    expect(whole.awaits()).toBeGreaterThan(8);
    const seen: string[] = [];
    for (let at = 1; at <= whole.awaits(); at++) {
      for (const when of ["before", "after"] as const) {
        const fresh = node(admin, `n-${at}-${when}`);
        const { post, times } = counter();
        const granted = grant({ timeline }, "count", fresh as never, 10);
        const first = crashing(edge(`first-${at}`, {}, post), { at, when });
        await expect(runGrant(first.edge, granted)).rejects.toThrow(Crash);
        await runGrant(edge("second", {}, post), granted);
        timeline.advance(12_000);
        await sweep(edge("third", {}, post), (_, work) => work());
        const job: any = store.objects
          .list("remedyoperationjobs.roundsman.dev")
          .find(({ metadata }) => metadata.name === jobName(granted.target));
        expect(times(), `${when} await ${at}`).toBeLessThanOrEqual(1);
        expect(job.status.phase, `${when} await ${at}`).toMatch(/Succeeded|Failed/);
        seen.push(`${job.status.phase} ${times()}`);
      }
    }
    // Before the act it is done by the next one; in it nobody knows; after it it is found done.
    expect(new Set(seen)).toEqual(new Set(["Succeeded 1", "Failed 0", "Succeeded 0"]));
  });

  it("can be broken: an executor that takes Acting for claimed does it twice", async () => {
    const { admin, edge, timeline } = await world([count]);
    const { post, times } = counter();
    const granted = grant({ timeline }, "count", node(admin, "n") as never, 1);
    const first = crashing(edge("first", {}, post), { at: 10, when: "after" });
    await runGrant(first.edge, granted).catch(() => undefined);
    const mutant = edge("second", {}, post);
    const { jobs } = mutant;
    const forgetful = {
      ...jobs,
      get: async (name: string) => {
        const job = await jobs.get(name);
        if (job?.status?.phase !== "Acting") return job;
        const { status: _, ...without } = job;
        return without;
      },
    };
    await runGrant({ ...mutant, jobs: forgetful }, granted);
    expect(times()).toBe(2);
  });
});

/** Executors with one thing left out. Each must be seen by the run above. */
const MUTANTS: readonly (readonly [string, (edge: Edge, at: World) => Edge])[] = [
  [
    "writes Acting over whatever is there",
    (edge) => ({
      ...edge,
      jobs: {
        ...edge.jobs,
        async status(job) {
          for (;;) {
            const fresh = await edge.jobs.get(job.metadata.name);
            const written = fresh && (await edge.jobs.status({ ...job, metadata: fresh.metadata }));
            if (written || !fresh) return written;
          }
        },
      },
    }),
  ],
  [
    "takes a finished grant for an earlier one's",
    (edge) => {
      let taken = false;
      const get: Edge["jobs"]["get"] = async (name) => {
        const job = await edge.jobs.get(name);
        if (taken || !job || progress(job) !== "finished") return job;
        taken = true;
        return { ...job, spec: { ...job.spec, grant: { ...job.spec.grant, fence: 0 } } };
      };
      const status: Edge["jobs"]["status"] = (job) => edge.jobs.status(job);
      const claim: Edge["jobs"]["claim"] = async (job) => {
        // Its spec is what it was, so its status is taken away for it to be begun anew.
        const before = await edge.jobs.claim(job);
        return before && edge.jobs.status({ ...before, status: { ...before.status!, fence: 0 } });
      };
      return { ...edge, jobs: { ...edge.jobs, get, status, claim } };
    },
  ],
  [
    "goes by the target's name",
    (edge, { kube }) => ({
      ...edge,
      hands: { ...edge.hands, read: ({ name }) => kube.get(`/api/v1/nodes/${name}`) },
    }),
  ],
];

it.each(MUTANTS)("an executor that %s is caught", async (_, mutate) => {
  const { arena, world: at } = await practiceArena();
  const mutated = { ...arena, edge: (...args: Parameters<typeof arena.edge>) => mutate(arena.edge(...args), at) };
  const { violations } = await runExecutions({ arena: mutated, grants: 40, seed: 3, parallel: 1 });
  expect(violations.join("\n")).toMatch(/done [2-9] times|stale fence|another/);
});

describe("what a process did not know when it slept", () => {
  it("counts: its grant ran out between Acting and the act", async () => {
    const { admin, edge, timeline, reports } = await world([count]);
    const { post, times } = counter();
    const slow = edge("slow", {}, post);
    const status: typeof slow.jobs.status = async (job) => {
      const written = await slow.jobs.status(job);
      if (job.status?.phase === "Acting") timeline.advance(6_000);
      return written;
    };
    await runGrant(
      { ...slow, jobs: { ...slow.jobs, status } },
      grant({ timeline }, "count", node(admin, "n") as never, 1),
    );
    expect(times()).toBe(0);
    expect(reports.at(-1)).toMatchObject({ what: "failed", data: { failure: "too-late", begun: true } });
  });

  it("counts: another one was made under the target's name between Acting and the act", async () => {
    const { admin, edge, timeline, reports } = await world();
    const slow = edge("slow");
    const status: typeof slow.jobs.status = async (job) => {
      const written = await slow.jobs.status(job);
      if (job.status?.phase === "Acting") {
        admin.remove("v1/Node", { name: "n" });
        node(admin, "n");
      }
      return written;
    };
    await runGrant(
      { ...slow, jobs: { ...slow.jobs, status } },
      grant({ timeline }, "cordon", node(admin, "n") as never, 1),
    );
    expect(reports.at(-1)).toMatchObject({ what: "failed", data: { failure: "target-gone" } });
    const other = admin.get("v1/Node", { name: "n" })!;
    expect([other.spec, other.metadata.annotations]).toEqual([undefined, undefined]);
  });

  it("counts: its claim was taken over while it slept before Acting", async () => {
    const { admin, edge, timeline } = await world([count]);
    const { post, times } = counter();
    const n = node(admin, "n") as never;
    const [early, late] = [grant({ timeline }, "count", n, 1), grant({ timeline }, "count", n, 2)];
    const slow = edge("slow", {}, post);
    let woken = false;
    const status: typeof slow.jobs.status = async (job) => {
      if (!woken) {
        woken = true;
        await runGrant(edge("fast", {}, post), late);
      }
      return slow.jobs.status(job);
    };
    await runGrant({ ...slow, jobs: { ...slow.jobs, status } }, early);
    expect(times()).toBe(1);
    expect((await slow.jobs.get(jobName(early.target)))?.spec.id).toBe(late.id);
  });
});

it("a job that somebody deleted in the middle is not claimed anew by whoever had begun it", async () => {
  const { admin, edge, timeline, reports } = await world([count]);
  const { post, times } = counter();
  const one = edge("one", {}, post);
  const granted = grant({ timeline }, "count", node(admin, "n") as never, 1);
  const hands = {
    ...one.hands,
    post: async (...args: Parameters<Post>) => {
      const job = await one.jobs.get(jobName(granted.target));
      await one.jobs.remove(job!);
      return one.hands.post(...args);
    },
  };
  await runGrant({ ...one, hands }, granted);
  expect(times()).toBe(1);
  expect(reports.map(({ what }) => what)).toEqual(["started", "succeeded"]);
});

it("what else is written into the job meanwhile does not lose the last word", async () => {
  const { admin, edge, timeline, reports } = await world([count]);
  const one = edge("one", {}, counter().post);
  const granted = grant({ timeline }, "count", node(admin, "n") as never, 1);
  const name = jobName(granted.target);
  const hands = {
    ...one.hands,
    post: async (...args: Parameters<Post>) => {
      admin.edit("roundsman.dev/v1alpha1/RemedyOperationJob", { name }, (draft: any) => {
        draft.metadata.labels = { ...draft.metadata.labels, seen: "by-ana" };
      });
      return one.hands.post(...args);
    },
  };
  await runGrant({ ...one, hands }, granted);
  expect(reports.at(-1)).toMatchObject({ what: "succeeded" });
  expect(await one.jobs.get(name)).toMatchObject({
    metadata: { labels: { seen: "by-ana" } },
    status: { phase: "Succeeded" },
  });
});

it("one that is stopped in the middle says nothing of what may still come about: the next one looks", async () => {
  const { admin, edge, timeline, reports } = await world();
  const stop = new AbortController();
  const n = node(admin, "n");
  pod(admin, "held", "n", { metadata: { labels: { app: "held" } } });
  admin.create("policy/v1/PodDisruptionBudget", {
    metadata: { name: "guard", namespace: "default" },
    spec: { maxUnavailable: 0, selector: { matchLabels: { app: "held" } } },
  } as never);
  const granted = grant({ timeline }, "drain", n as never, 1);
  await runGrant(edge("one", { signal: stop.signal, sleep: async () => stop.abort() }), granted);
  expect(reports.map(({ what }) => what)).toEqual(["started"]);
  expect((await edge("two").jobs.get(jobName(granted.target)))?.status?.phase).toBe("Acting");
  timeline.advance(601_000);
  await sweep(edge("two"), (_, work) => work());
  expect(reports.at(-1)).toMatchObject({ what: "failed", data: { failure: "unknown", begun: true } });
});

it.each([
  [
    "without the definition",
    (at: World) =>
      at.admin.remove("apiextensions.k8s.io/v1/CustomResourceDefinition", {
        name: "remedyoperationjobs.roundsman.dev",
      }),
    "no claim could be made",
  ],
  [
    "without the right to claim",
    ({ server }: World) => void server.knobs.forbid("remedyoperationjobs.roundsman.dev", ["create"]),
    "forbids to create",
  ],
  [
    "without the right to read the target",
    ({ server }: World) => void server.knobs.forbid("nodes", ["get"]),
    "forbids to get",
  ],
])("%s it is refused at once, and said so", async (_, spoil, says) => {
  const at = await world();
  const granted = grant(at, "cordon", node(at.admin, "n") as never, 1);
  spoil(at);
  at.timeline.advance(1_000);
  await runGrant(at.edge("one"), granted);
  expect(at.reports).toMatchObject([
    { what: "failed", data: { failure: "refused", begun: false, message: expect.stringContaining(says) } },
  ]);
});

it("Acting that was written, its answer lost, is looked at and never acted on", async () => {
  const { admin, edge, timeline, reports } = await world([count]);
  const { post, times } = counter();
  const one = edge("one", {}, post);
  const granted = grant({ timeline }, "count", node(admin, "n") as never, 1);
  const claimed = await one.jobs.claim({
    apiVersion: "roundsman.dev/v1alpha1",
    kind: "RemedyOperationJob",
    metadata: { name: jobName(granted.target) },
    spec: (({ cluster: _, ...spec }) => spec)(granted),
  });
  await one.jobs.status(begun(claimed!, { now: timeline.now(), executor: "one", deadline: timeline.now() + 11_000 }));
  await runGrant(one, granted);
  expect(times()).toBe(0);
  expect(reports).toMatchObject([{ what: "failed", data: { failure: "unknown", begun: true } }]);
});
