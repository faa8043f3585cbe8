import fc from "fast-check";
import type { Decision } from "#sdk/operation/decision.ts";
import type * as Core from "../../functions/defender/core.ts";
import { Reference, type Said } from "./defender-reference.ts";
import { CAPS, type Played, type Step, steps, World } from "./defender-world.ts";

export type Fold = typeof Core;

/** What was seen over all histories: a run in which nothing happens proves nothing. */
export const seen = new Map<string, number>();
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
export const checkFold = (fold: Fold, numRuns: number, seed: number): fc.RunDetails<any> =>
  fc.check(holds(fold), { numRuns, seed, endOnFailure: !process.env.ROUNDSMAN_SHRINK });

/** What must have happened, each at least so often in a run of so many histories. */
export const WANTED = [
  ...["granted", "denied", "waiting", "granted again", "restart snapshot", "restart replay"],
  ...["not-initialised", "id-reused", "too-old", "sender-clock", "executor-silent", "executor-clock", "brake"],
  ...["freeze", "outside-maintenance", "calendar-ended", "trust", "cluster-silent", "view-stale", "doubt"],
  ...["size-unknown", "unhealthy", "cooling-down", "latched", "in-flight", "spent", "history", "approval"],
];

/** The flaw that a run found, or that it proved too little. */
export function judgeFold(fold: Fold, runs: number, seed: number): string | undefined {
  seen.clear();
  const result = checkFold(fold, runs, seed);
  if (result.failed) return fc.defaultReportMessage(result)?.slice(0, 6_000);
  const seldom = WANTED.filter((what) => (seen.get(what) ?? 0) <= runs / 30);
  if ((seen.get("granted") ?? 0) <= runs * 3) seldom.push("granted");
  return seldom.length > 0 ? `too seldom: ${seldom.join(", ")}` : undefined;
}
