import type { Event } from "../event/envelope.ts";
import { batchOf, binaryOf, type EventParts } from "../event/http-parts.ts";
import { TYPES } from "../event/types.ts";
import type { Check } from "../terms.ts";
import { brokenOff } from "./broken-off.ts";
import type { Work } from "./function.ts";
import type { CasePool, Evaluated } from "./pool.ts";
import { readCheck } from "./read-check.ts";

/**
 * Checks that are due in, a verdict to each out, under the check's id: `error` too where its run was broken off, so that
 * who sent a batch knows of each what became of it. A request with one that is no check is refused whole.
 */
export function caseWork(pool: Pick<CasePool, "evaluate">, told: (outcome: Evaluated) => void = () => undefined): Work {
  return async ({ mode, events }) => {
    const where = (at: number) => (mode === "batched" ? `The event batch[${at}]` : "The event");
    const checks = events.map((event, at) => readCheck(event, where(at)));
    // By their places: two of one id are two checks.
    const due = checks.map((check, at) => ({ id: String(at), text: JSON.stringify(check) }));
    const evaluated = new Map<number, Evaluated>();
    for (const one of await pool.evaluate(due)) {
      told(one);
      evaluated.set(Number(one.id), one);
    }
    const verdicts = checks.map((check, at) => verdictOf(check, events[at]!, evaluated.get(at)!));
    return mode === "batched" ? batchOf(verdicts) : binaryOf(verdicts[0]!);
  };
}

function verdictOf(check: Check, { traceparent }: Event, evaluated: Evaluated): EventParts {
  const dataText = "verdict" in evaluated ? evaluated.verdict : JSON.stringify(brokenOff(check, evaluated.error));
  return { id: check.id, source: `/clusters/${check.cluster}/host`, type: TYPES.verdict, traceparent, dataText };
}
