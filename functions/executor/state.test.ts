import { describe, expect, it } from "vitest";
import type { Granted } from "#sdk/operation/granted.ts";
import { type Job, jobName } from "#sdk/operation/job.ts";
import { begun, deadlineOf, deletableAt, ended, LIMITS, next, type Situation } from "./state.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const TARGET = { apiVersion: "v1", kind: "Node", name: "n", uid: "u" };
const granted = (fence: number, more: Partial<Granted> = {}): Granted => ({
  id: `r${fence}`,
  cluster: "c",
  operation: "cordon",
  target: TARGET,
  grant: { fence, notAfter: NOW + 5_000 },
  ...more,
});
const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "u", resourceVersion: "1" } };
const situation = (fence: number, job?: Job, more: Partial<Situation> = {}): Situation => ({
  granted: granted(fence),
  flaw: undefined,
  job,
  target: node,
  now: NOW,
  executor: "me",
  limits: LIMITS,
  ...more,
});
const step = (...args: Parameters<typeof situation>) => next(situation(...args));
const claimed = (fence: number, before?: Job): Job => {
  const taken = step(fence, before);
  if (taken.do !== "claim") throw new Error(`it is not claimed but ${taken.do}`);
  const { metadata } = taken.job;
  return { ...taken.job, metadata: { ...metadata, uid: "j", resourceVersion: "1", generation: fence } };
};
const acting = (fence: number, executor = "me", before?: Job) =>
  begun(claimed(fence, before), { now: NOW, executor, deadline: NOW + 11_000 });
const finished = (fence: number, before?: Job) =>
  ended(acting(fence, "me", before), { now: NOW + 1, executor: "me", message: "done" });

describe("a grant", () => {
  it("is claimed, begun by whoever wrote Acting, and done", () => {
    expect(step(7)).toMatchObject({ do: "claim", job: { metadata: { name: jobName(TARGET) }, spec: { id: "r7" } } });
    expect(step(7, claimed(7))).toMatchObject({ do: "begin" });
    expect(step(7, finished(7))).toMatchObject({ do: "done" });
  });

  it("that another process is at is left to it, until its deadline is over", () => {
    expect(step(7, acting(7, "other"))).toEqual({ do: "leave" });
    expect(step(7, acting(7, "other"), { now: NOW + 11_001 })).toMatchObject({ do: "look" });
  });

  it("that this process began without knowing it is looked at, and not done", () => {
    expect(step(7, acting(7, "me"))).toMatchObject({ do: "look" });
  });

  it.each([
    ["ran out", { now: NOW + 5_001 }, "too-late"],
    ["nobody could do", { flaw: { failure: "invalid", message: "no such operation" } }, "invalid"],
    ["has lost its target", { target: undefined }, "target-gone"],
  ] as const)("that %s does not begin, whether it is claimed or not", (_, more, failure) => {
    expect(step(7, undefined, more)).toMatchObject({ do: "refuse", failure });
    expect(step(7, claimed(7), more)).toMatchObject({ do: "give-up", failure });
    expect(step(7, finished(6), more)).toMatchObject({ do: "refuse", failure });
  });

  it("that ran out unclaimed is told by nobody: another executor's clock may be behind", () => {
    expect(step(7, undefined, { now: NOW + 5_001 })).toMatchObject({ tell: false });
    expect(step(7, undefined, { target: undefined })).toMatchObject({ tell: true });
  });

  it("of a lower fence is refused, whatever became of the later one", () => {
    for (const job of [claimed(8), acting(8), finished(8)])
      expect(step(7, job)).toMatchObject({ do: "refuse", failure: "stale-fence" });
  });

  it("of a higher fence takes over what is finished, or was never begun, and nothing that is under way", () => {
    for (const job of [claimed(6), finished(6)])
      expect(step(7, job)).toMatchObject({
        do: "claim",
        job: { spec: { id: "r7" }, metadata: { resourceVersion: "1" } },
      });
    expect(step(7, acting(6, "other"))).toMatchObject({ do: "refuse", failure: "busy" });
    expect(
      step(7, acting(6, "other"), {
        now: NOW + 11_001,
        granted: granted(7, { grant: { fence: 7, notAfter: NOW + 20_000 } }),
      }),
    ).toMatchObject({ do: "look" });
  });

  it("of the same fence and another request is refused", () => {
    const more = { granted: granted(7, { id: "other" }) };
    expect(step(7, claimed(7), more)).toMatchObject({ do: "refuse", failure: "stale-fence" });
  });

  it("begins anew over the status of an earlier one", () => {
    expect(step(7, claimed(7, finished(6)))).toMatchObject({ do: "begin" });
  });
});

it("a deadline is no earlier than anybody could act under the grant", () => {
  expect(deadlineOf(claimed(7), NOW, 60_000, LIMITS)).toBe(NOW + 60_000);
  expect(deadlineOf(claimed(7), NOW, 1_000, LIMITS)).toBe(NOW + 5_000 + LIMITS.epsilon);
});

describe("the loop stopper", () => {
  it("refuses after so many beginnings within its time, and says how to go on", () => {
    let job: Job | undefined;
    for (let fence = 1; fence <= LIMITS.attempts; fence++) job = finished(fence, job);
    const refused = step(9, job);
    expect(refused).toMatchObject({ do: "refuse", failure: "loop" });
    expect(refused).toHaveProperty("message", expect.stringContaining(jobName(TARGET)));
    const other = { granted: granted(9, { operation: "drain" }) };
    expect(step(9, job, other)).toMatchObject({ do: "claim" });
    const later = NOW + LIMITS.attemptsWithin + 1;
    const fresh = { now: later, granted: granted(9, { grant: { fence: 9, notAfter: later + 1 } }) };
    expect(step(9, job, fresh)).toMatchObject({ do: "claim" });
  });
});

describe("a status", () => {
  it("keeps what was there before, of this grant and of earlier ones", () => {
    const first = ended(begun(claimed(1), { now: NOW, executor: "me", deadline: NOW + 11_000, evidence: "{}" }), {
      now: NOW + 1,
      executor: "me",
      message: "cordoned",
      hold: { operation: "cordon", fence: 1 },
    });
    expect(first.status).toMatchObject({ phase: "Succeeded", evidence: "{}", begun: true, holds: [{ fence: 1 }] });
    const second = acting(2, "me", first);
    expect(second.status).toMatchObject({ phase: "Acting", fence: 2, holds: [{ fence: 1 }], observedGeneration: 2 });
    expect(second.status?.attempts).toMatchObject([
      { fence: 1, phase: "Succeeded" },
      { fence: 2, phase: "Acting" },
    ]);
    const third = ended(second, { now: NOW, executor: "me", message: "", releases: ["cordon"], failure: "unknown" });
    expect(third.status).not.toHaveProperty("holds");
    expect(third.status).toMatchObject({ phase: "Failed", failure: "unknown" });
    expect(third.status?.conditions).toMatchObject([
      { type: "Begun", status: "True" },
      { type: "Succeeded", status: "False", reason: "Unknown" },
    ]);
  });

  it("of what was given up says that it was never begun", () => {
    const given = ended(claimed(7, finished(6)), { now: NOW, executor: "me", failure: "too-late", message: "late" });
    expect(given.status).toMatchObject({ phase: "Failed", fence: 7, begun: false });
    expect(given.status?.attempts).toMatchObject([{ fence: 6, phase: "Succeeded" }]);
    expect(given.status?.conditions).toMatchObject([{ type: "Begun", status: "False", reason: "TooLate" }, {}]);
  });
});

describe("deleting", () => {
  it("comes no earlier than a minute after not-after and ε, and not while it is under way or holds something", () => {
    const limits = { ...LIMITS, keep: 0 };
    expect(deletableAt(claimed(7), limits)).toBe(NOW + 5_000 + 6_000 + 60_000);
    expect(deletableAt(finished(7), limits)).toBe(NOW + 71_000);
    expect(deletableAt(finished(7), LIMITS)).toBe(NOW + 1 + LIMITS.keep);
    expect(deletableAt(acting(7), limits)).toBeUndefined();
    const hold = { operation: "cordon", fence: 7 };
    const holding = ended(acting(7), { now: NOW, executor: "me", message: "", hold });
    expect(deletableAt(holding, limits)).toBeUndefined();
  });
});
