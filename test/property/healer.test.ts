import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan, type Situation } from "#functions/healer/plan.ts";
import { type Event, HealerWorld } from "./healer-world.ts";

const which = fc.nat(5);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(1_000, 20_000, 61_000, 130_000, 301_000, 700_000)
      .map((ms) => ({ do: "pass" as const, ms })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        do: fc.constant("open" as const),
        fault: fc.nat(5),
        word: fc.constantFrom(undefined, undefined, undefined, "veto", "allow"),
      })
      .map(({ word, ...rest }) => ({ ...rest, ...(word && { word }) })),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), fault: fc.nat(5) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which,
      how: fc.constantFrom("grant" as const, "grant" as const, "deny" as const, "denyUntil" as const, "wait" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("execute" as const),
      which,
      how: fc.constantFrom("start" as const, "succeed" as const, "succeed" as const, "fail" as const, "busy" as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
);
const history = fc.array(event, { minLength: 20, maxLength: 120, size: "max" });

function holds(next: typeof plan, runs: number, seed?: number): void {
  fc.assert(
    fc.property(history, (events) => {
      const world = new HealerWorld(next);
      for (const one of events) world.apply(one);
      world.settle();
    }),
    { numRuns: runs, ...(seed !== undefined && { seed }) },
  );
}

const but = (change: (situation: Situation) => Situation) => (situation: Situation) => plan(change(situation));
const without = (...words: string[]) =>
  but((s) => ({ ...s, entries: s.entries.filter(({ what }) => !words.includes(what)) }));

const MUTANTS: Readonly<Record<string, typeof plan>> = {
  "acts before it lasted": but((s) => ({ ...s, spec: { ...s.spec, match: { ...s.spec.match, for: "0s" } } })),
  "acts though it observes": (s) => plan(s.strategy === "observe" ? { ...s, strategy: "act" } : s),
  "says again what it observed": without("observed"),
  "goes on when the fault is over": but((s) => ({ ...s, isOpen: true })),
  "forgets the ladder": (s) => {
    const next = plan(s);
    return next.do === "ask" ? { ...next, step: 0, attempt: s.entries.length } : next;
  },
  "takes the next step at once": but((s) => ({
    ...s,
    spec: { ...s.spec, steps: s.spec.steps.map(({ after: _, ...step }) => step) },
  })),
  "asks though others are at it": but((s) => ({ ...s, others: [] })),
  "asks again while it is asked": but((s) => ({
    ...s,
    entries: s.entries.map((one) => (one.what === "asked" ? { ...one, at: 0 } : one)),
  })),
  "asks again before a denial is over": but((s) => ({
    ...s,
    entries: s.entries.map((one) =>
      one.what === "denied" ? { ...one, at: one.at - 600_000, until: one.at - 600_000 } : one,
    ),
  })),
  "lets no grant expire": (s) => {
    const next = plan(s);
    return next.do === "expire" ? { do: "nothing", why: "" } : next;
  },
  "expires what was begun": without("started"),
  "ignores the owner's veto": but((s) => ({ ...s, ailment: { ...s.ailment, remedy: "allow" } })),
  "never asks": (s) => {
    const next = plan(s);
    return next.do === "ask" ? { do: "nothing", why: "" } : next;
  },
};

describe("courses", () => {
  it("keep their promises over random faults, answers, ends and restarts", () => holds(plan, 300));

  it("end what was granted in an episode before the last, though nothing was asked in that one", () => {
    const world = new HealerWorld(plan);
    const open = { do: "open", fault: 1 } as const;
    const close = { do: "close", fault: 1 } as const;
    const pass = { do: "pass", ms: 1_000 } as const;
    const grant = { do: "answer", which: 0, how: "grant" } as const;
    for (const one of [open, pass, close, grant, open, pass, close, pass, { do: "restart" } as const]) world.apply(one);
    world.settle();
  });

  it.each(Object.entries(MUTANTS))("catches: %s", (_, mutant) => {
    expect(() => holds(mutant, 300, 7)).toThrow();
  });
});
