import { describe, expect, it } from "vitest";
import type { NewRecord } from "#broker/log/log.ts";
import type { NodeCondition } from "#sdk/operation/condition.ts";
import { Accounts } from "./accounts.ts";
import { COMES_BACK } from "./repairs.ts";
import { statsOf } from "./stats.ts";
import * as story from "./story.test-kit.ts";
import { readWord } from "./words.ts";

const { FP, FINDING, START } = story;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Takes what comes, so long after the start. */
class Books {
  readonly accounts = new Accounts();

  take(ms: number, ...records: NewRecord[]): this {
    for (const { headers, value } of records) this.accounts.take(readWord({ headers, value, time: START + ms })!);
    return this;
  }
  raised(ms: number, more: object = {}): this {
    this.accounts.finding({ ...FINDING, episode: START + ms, ...more });
    return this;
  }
  resolved(from: number, ms: number, more: object = {}): this {
    return this.raised(from, { state: "resolved", resolvedAt: new Date(START + ms).toISOString(), ...more });
  }
  granted(request = 1, more: object = {}): this {
    return this.take(MINUTE, story.word("granted", request, more));
  }
  succeeded(ms: number, request = 1, more: object = {}): this {
    return this.take(ms, story.report("succeeded", request, more));
  }
  get only() {
    expect(this.accounts.all()).toHaveLength(1);
    return this.accounts.all()[0]!;
  }
}
const episode = (ms: number) => ({ finding: { fingerprint: FP, episode: START + ms } });

describe("what came of remedies", () => {
  it("is counted per case and operation, each word once", () => {
    const books = new Books();
    for (let twice = 0; twice < 2; twice++)
      books
        .take(0, story.word("denied", 0, { decision: story.decision(0, "denied") }))
        .take(0, story.word("denied", 2))
        .take(0, story.word("waiting", 3), story.word("observed", 4), story.word("held", 5))
        .granted(1)
        .take(0, story.report("started", 1), story.report("failed", 1, { failure: "not-verified" }))
        .take(0, story.word("granted", 6), story.word("expired", 6), story.word("escalated", 0));
    expect(books.only).toMatchObject({
      case: "node/kernel-deadlock",
      operation: "drain",
      asked: 5,
      granted: 2,
      denied: { spent: 1, unanswered: 1 },
      waiting: 1,
      observed: 1,
      succeeded: 0,
      failed: { "not-verified": 1 },
      expired: 1,
      escalated: 1,
    });
  });

  it("is told apart by case and by operation, in order", () => {
    const books = new Books().granted(1).granted(2, { operation: "cordon" }).granted(3, { case: "condition/Ready" });
    expect(books.accounts.all().map((one) => [one.case, one.operation])).toEqual([
      ["condition/Ready", "drain"],
      ["node/kernel-deadlock", "cordon"],
      ["node/kernel-deadlock", "drain"],
    ]);
  });

  it("is nobody's where nobody said what it is for", () => {
    expect(new Books().succeeded(0).accounts.all()).toEqual([]);
  });
});

describe("a repair", () => {
  it("takes from raised to resolved", () => {
    const books = new Books()
      .raised(0)
      .granted()
      .succeeded(2 * MINUTE)
      .resolved(0, 3 * MINUTE);
    expect(books.only).toMatchObject({ repaired: 1, repairTime: 3 * MINUTE, cameBack: 0 });
    expect(statsOf(books.accounts, []).accounts).toMatchObject([{ timeToRepair: 3 * MINUTE, successPercent: 100 }]);
  });

  it("is one in whatever order it is heard of", () => {
    const books = new Books()
      .granted()
      .resolved(0, 3 * MINUTE)
      .succeeded(4 * MINUTE);
    books.resolved(0, 3 * MINUTE);
    expect(books.only).toMatchObject({ repaired: 1, repairTime: 3 * MINUTE });
  });

  it("is not undone by an older episode that is heard of again", () => {
    const later = 10 * MINUTE;
    const books = new Books()
      .granted(1, episode(later))
      .resolved(later, later + MINUTE)
      .raised(0);
    books.succeeded(later + 2 * MINUTE, 1, episode(later));
    expect(books.only).toMatchObject({ repaired: 1, repairTime: MINUTE, cameBack: 0 });
  });

  it("is the last step's that succeeded, once", () => {
    const books = new Books()
      .granted(1, { operation: "cordon" })
      .granted(2)
      .succeeded(1, 1, { operation: "cordon" })
      .succeeded(2, 2)
      .resolved(0, MINUTE);
    expect(books.accounts.all()).toMatchObject([
      { operation: "cordon", succeeded: 1, repaired: 0 },
      { operation: "drain", succeeded: 1, repaired: 1 },
    ]);
  });

  it.each([
    ["nothing succeeded", (books: Books) => books.resolved(0, MINUTE)],
    ["it was of another episode", (books: Books) => books.succeeded(1).resolved(2 * COMES_BACK, 2 * COMES_BACK + 1)],
    ["its case was removed", (books: Books) => books.succeeded(1).resolved(0, MINUTE, { reason: "case removed" })],
    ["it is open", (books: Books) => books.succeeded(1).raised(0)],
  ])("is none where %s", (_, play) => {
    expect(play(new Books().raised(0).granted()).only.repaired).toBe(0);
  });
});

describe("what came back", () => {
  const repaired = () =>
    new Books()
      .raised(0)
      .granted()
      .succeeded(MINUTE)
      .resolved(0, 2 * MINUTE);

  it("was raised again within an hour of a success", () => {
    expect(
      repaired()
        .raised(MINUTE + COMES_BACK)
        .raised(MINUTE + COMES_BACK).only.cameBack,
    ).toBe(1);
    expect(repaired().raised(MINUTE + COMES_BACK + 1).only.cameBack).toBe(0);
  });

  it("is known from what was asked for it too: the findings may be gone after a restart", () => {
    const books = new Books()
      .granted()
      .succeeded(MINUTE)
      .granted(2, episode(10 * MINUTE));
    expect(books.only.cameBack).toBe(1);
    books.succeeded(11 * MINUTE, 2, episode(10 * MINUTE)).raised(20 * MINUTE);
    expect(books.only.cameBack).toBe(2);
  });

  it("came back though its success was heard of later", () => {
    const books = new Books()
      .granted()
      .raised(3 * MINUTE)
      .succeeded(4 * MINUTE);
    expect(books.only).toMatchObject({ cameBack: 1, repaired: 0 });
  });
});

describe("a node's condition", () => {
  const fact = (status: string, ms: number, more: Partial<NodeCondition> = {}): NodeCondition =>
    JSON.parse(story.condition(status, ms, more).value!);
  const at = (ms: number) => ({ finding: { fingerprint: story.CONDITION_FP, episode: START + ms } });
  const asked = (ms: number) => new Books().granted(1, { case: "condition/Ready", ...at(ms) });

  it("is repaired when it is well again, however often it turned before", () => {
    const books = asked(0);
    for (const one of [fact("False", 0), fact("Unknown", SECOND)]) books.accounts.condition(one);
    books.succeeded(MINUTE, 1, at(0));
    for (const one of [fact("True", 2 * MINUTE), fact("True", 2 * MINUTE)]) books.accounts.condition(one);
    expect(books.only).toMatchObject({ repaired: 1, repairTime: 2 * MINUTE, cameBack: 0 });
    books.accounts.condition(fact("False", 3 * MINUTE));
    expect(books.only).toMatchObject({ repaired: 1, cameBack: 1 });
  });

  it("is not repaired by what it was before it turned", () => {
    const books = asked(2 * MINUTE).succeeded(3 * MINUTE, 1, at(2 * MINUTE));
    for (const one of [fact("False", 2 * MINUTE), fact("True", MINUTE)]) books.accounts.condition(one);
    expect(books.only.repaired).toBe(0);
  });

  it("has no repair time where its node does not say since when", () => {
    const never = { finding: { fingerprint: story.CONDITION_FP, episode: 0 } };
    const books = new Books().granted(1, { case: "condition/Ready", ...never }).succeeded(MINUTE, 1, never);
    books.accounts.condition(fact("False", 0, { lastTransitionTime: "never" }));
    books.accounts.condition(fact("True", 2 * MINUTE));
    expect(books.only).toMatchObject({ repaired: 0, repairTime: 0 });
  });

  it("is not repaired by its node's end, nor by a node that says no times", () => {
    const books = asked(0).succeeded(MINUTE, 1, at(0));
    books.accounts.condition(fact("False", 0));
    books.accounts.condition(fact("False", 0, { gone: true }));
    books.accounts.condition(fact("True", 2 * MINUTE));
    books.accounts.condition(fact("True", 0, { lastTransitionTime: "never" }));
    expect(books.only).toMatchObject({ repaired: 0, cameBack: 0 });
  });
});

describe("a remedier that does no good", () => {
  const play = (outcomes: string, more: object = {}) => {
    const books = new Books();
    [...outcomes].forEach((one, i) => {
      books.granted(i);
      if (one === "+") books.succeeded(i, i);
      else books.take(i, story.report("failed", i, { failure: one === "-" ? "not-verified" : "busy", ...more }));
    });
    return books.accounts;
  };

  it.each([
    ["++---", "50%", true],
    ["+++--", "50%", false],
    ["+-+-+-", "50%", false],
    ["----", "50%", false],
    ["-----", undefined, true],
    ["-----", "0%", false],
    ["++++-", "100%", true],
    ["+.....", "100%", false],
    [`${"-".repeat(20)}${"+".repeat(20)}`, "100%", false],
    [`${"+".repeat(40)}${"-".repeat(11)}`, "50%", true],
  ])("only observes: %s below %s is %s", (outcomes, minSuccess, isBad) => {
    expect(play(outcomes).flaw("hung-nodes", minSuccess) !== undefined).toBe(isBad);
    expect(play(outcomes).flaw("another", minSuccess)).toBeUndefined();
  });

  it("says so, and what to do", () => {
    const accounts = play("+----");
    const [told] = statsOf(accounts, [story.REMEDIER]).remediers;
    expect(told).toMatchObject({ remedier: "hung-nodes", strategy: "act", succeeded: 1, of: 5, minSuccess: "50%" });
    expect(told!.flaw).toBe(
      "of its latest 5 operations 1 succeeded, less than the 50% of spec.minSuccess: mend its steps, and lower that for as long as they need to show it",
    );
    const observing = { ...story.REMEDIER, spec: { ...story.REMEDIER.spec, strategy: "observe" as const } };
    expect(statsOf(accounts, [observing]).remediers[0]).not.toHaveProperty("flaw");
  });
});
