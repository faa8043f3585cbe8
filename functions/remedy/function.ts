import { fault, sayError } from "#sdk/errors.ts";
import type { Event } from "#sdk/event/envelope.ts";
import { fromRecord } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import type { EventFunction } from "#sdk/serve/function.ts";
import { dueFlaw } from "#sdk/shapes.ts";
import { type Answered, answerOf, requestOf } from "./meet.ts";
import type { RemedyOptions } from "./remedy.ts";

export type Meeting = Pick<RemedyOptions, "clock" | "actor" | "decide" | "explain" | "say">;

/** Asks the defender about what is due, and answers with the record that says what came of it. */
export async function meet(due: RemedyDue, { clock, actor, decide, explain, say }: Meeting) {
  const ask = due.strategy === "act" ? decide : explain;
  let answered: Answered;
  try {
    answered = { decision: await ask(requestOf(due, actor, clock.now()), due.ailment.traceparent) };
  } catch (e) {
    answered = { why: sayError(e) };
  }
  return answerOf(due, answered, say);
}

/** The remedy as a function: a remedy that is due in, what came of it out. It holds no state and no rights. */
export const remedyFunction =
  (meeting: Meeting): EventFunction =>
  async (event) =>
    fromRecord(await meet(dueOf(event), meeting));

function dueOf({ type, data }: Event): RemedyDue {
  if (type !== TYPES.remedyDue)
    throw fault("event-invalid", {
      event: "The event",
      attribute: "type",
      what: `is ${type}`,
      expected: TYPES.remedyDue,
    });
  const flaw = dueFlaw(data);
  if (flaw !== undefined)
    throw fault("event-invalid", {
      event: "The event",
      attribute: "data",
      what: flaw,
      expected: "a remedy that is due",
    });
  return data as RemedyDue;
}
