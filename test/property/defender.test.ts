import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Decision } from "#sdk/operation/decision.ts";
import type * as Core from "../../functions/defender/core.ts";
import * as core from "../../functions/defender/core.ts";
import { MUTANTS, QUICK_MUTANTS } from "./defender-mutants.ts";
import { Reference, type Said } from "./defender-reference.ts";
import { CAPS, type Played, type Step, steps, World } from "./defender-world.ts";
import { loadMutant } from "./mutate.ts";

/** `npm run long` raises it. */
const RUNS = Number(process.env.ROUNDSMAN_RUNS ?? 60);
const IS_LONG = process.env.ROUNDSMAN_RUNS !== undefined;
type Fold = typeof Core;

/** What was seen over all histories: a run in which nothing happens proves nothing. */
const seen = new Map<string, number>();
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

const saidBy = (decision: Decision): Said => ({
  outcome: decision.outcome,
  why: decision.reasons
    .map(({ code, budget, window }) =>
      [code, ...(budget === undefined ? [] : [budget]), ...(window === undefined ? [] : [window])].join(" "),
    )
    .sort(),
  ...(decision.grant && { fence: decision.grant.fence, notAfter: decision.grant.notAfter }),
});

/** Goes on as after a stop: from a snapshot, or from all records. */
function restart(
  { freeze, thaw, decide, emptyState }: Fold,
  state: Core.State,
  record: Played,
  all: readonly Played[],
) {
  if (record.restart === "snapshot") return thaw(freeze(state), CAPS)!;
  let again = emptyState(CAPS);
  for (const one of all) if (one.offset < record.offset) [again] = decide(again, one);
  return again;
}

function agrees(fold: Fold, history: readonly Step[]): void {
  const world = new World();
  const reference = new Reference(CAPS);
  let state = fold.emptyState(CAPS);
  const fences: number[] = [];
  let done = 0;
  const catchUp = () => {
    for (; done < world.records.length; done++) {
      const record = world.records[done]!;
      if (record.restart) {
        count(`restart ${record.restart}`);
        state = restart(fold, state, record, world.records);
      }
      let answer: Core.Answer;
      [state, answer] = fold.decide(state, record);
      const wanted = reference.play(record);
      if (!answer.decision) continue;
      const said = saidBy(answer.decision);
      for (const { code } of answer.decision.reasons) count(code);
      count(said.outcome);
      if (said.fence !== undefined && said.fence !== record.offset) count("granted again");
      if (JSON.stringify(said) !== JSON.stringify(wanted))
        throw new Error(
          `record ${record.offset}: ${JSON.stringify(said)}, the reference says ${JSON.stringify(wanted)}`,
        );
      if (said.fence === record.offset) fences.push(said.fence);
    }
  };
  catchUp();
  for (const step of history) {
    world.play(step, fences);
    catchUp();
  }
}

const holds = (fold: Fold) => fc.property(steps, (history) => agrees(fold, history));
/** To shrink a failure takes a minute: `ROUNDSMAN_SHRINK=1` does. */
const check = (fold: Fold, numRuns: number, seed: number): fc.RunDetails<any> =>
  fc.check(holds(fold), { numRuns, seed, endOnFailure: !process.env.ROUNDSMAN_SHRINK });

describe("defender", () => {
  it("says what one says who keeps the whole history and counts anew each time", () => {
    const result = check(core, RUNS, 11);
    expect(result.failed ? fc.defaultReportMessage(result)?.slice(0, 6000) : undefined).toBe(undefined);
    const often = ["granted", "denied", "waiting", "granted again", "restart snapshot", "restart replay"];
    const codes = [
      ...["not-initialised", "id-reused", "too-old", "sender-clock", "executor-silent", "executor-clock", "brake"],
      ...["freeze", "outside-maintenance", "calendar-ended", "trust", "cluster-silent", "view-stale", "doubt"],
      ...["size-unknown", "unhealthy", "cooling-down", "latched", "in-flight", "spent", "history", "approval"],
    ];
    for (const what of [...often, ...codes]) expect.soft(seen.get(what) ?? 0, what).toBeGreaterThan(RUNS / 30);
    expect(seen.get("granted")).toBeGreaterThan(RUNS * 3);
  }, 3_600_000);

  it.each(IS_LONG ? MUTANTS : QUICK_MUTANTS)("catches: $name", async (mutant) => {
    const fold = await loadMutant<Fold>("functions/defender/core.ts", mutant);
    const result = check(fold, 400, 5);
    expect(result.failed).toBe(true);
  });

  afterAll(() => {
    if (process.env.ROUNDSMAN_SEEN) process.stderr.write(`${JSON.stringify([...seen].sort())}\n`);
  });
});
