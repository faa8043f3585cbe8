/** What a remedy asks of the defender, and what its answer means. Pure. */
import { TYPES } from "#sdk/event/types.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { aboutOf, type RemedyDue, remedyRecord } from "#sdk/operation/remedy.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";

/** The defender's decision, or why there is none: that is a denial too. */
export type Answered = { readonly decision: Decision } | { readonly why: string };

const REASON_MOST = 2_000;
const MESSAGE_MOST = 4_000;
const clip = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** One request per due: asked again it is the same one, but for when it was sent. */
export function requestOf(due: RemedyDue, actor: string, sent: number): OperationRequest {
  const { id, matter, ailment, operation, params, target } = due;
  const { cluster, zone, pool, owner, depends, fingerprint, episode } = ailment;
  return {
    id,
    matter,
    operation,
    ...(params && { params }),
    target,
    cluster,
    ...(zone !== undefined && { zone }),
    ...(pool !== undefined && { pool }),
    ...(owner !== undefined && { owner }),
    actor,
    depends: [...depends],
    due: due.due,
    sent,
    reason: reasonOf(due),
    finding: { fingerprint, episode },
  };
}

const reasonOf = ({ ailment, remedier, step, attempt }: RemedyDue): string =>
  clip(
    `${ailment.case}: ${ailment.message} (remedier ${remedier}, step ${step + 1}${attempt > 0 ? `, attempt ${attempt + 1}` : ""})`,
    REASON_MOST,
  );

/** What is said on topic `remedies`. Only a decision that is of this very request is believed. */
export function answerOf(due: RemedyDue, answered: Answered, say: (decision: Decision) => string) {
  const about = aboutOf(due);
  const source = `/clusters/${encodeURIComponent(about.cluster)}/remedy`;
  const record = (type: string, data: Parameters<typeof remedyRecord>[2]) =>
    remedyRecord(type, source, data, { traceparent: due.ailment.traceparent });
  const denied = (message: string, more: object = {}) =>
    record(TYPES.remedyDenied, { ...about, message: clip(message, MESSAGE_MOST), ...more });
  const isObserved = due.strategy === "observe";
  const would = `${due.flaw === undefined ? "" : `Remedier ${due.remedier} only observes: ${due.flaw}. `}Would ask for ${due.operation}`;
  if ("why" in answered) {
    const message = `The defender could not be asked, which means no: ${answered.why}`;
    return isObserved
      ? record(TYPES.remedyObserved, {
          ...about,
          message: clip(`${would}. ${message}`, MESSAGE_MOST),
        })
      : denied(message);
  }
  const { decision } = answered;
  if (isObserved) {
    const message = `${would}, and be told: ${say(decision)}`;
    return record(TYPES.remedyObserved, { ...about, message: clip(message, MESSAGE_MOST) });
  }
  const flaw = flawOf(due, decision);
  if (flaw) return denied(`The defender's answer is not believed, which means no: ${flaw}`);
  const until = decision.retryAt !== undefined && { until: decision.retryAt };
  if (decision.outcome === "waiting")
    return record(TYPES.remedyWaiting, {
      ...about,
      decision,
      message: clip(say(decision), MESSAGE_MOST),
      ...until,
    });
  if (decision.outcome === "denied") return denied(say(decision), { decision, ...until });
  return record(TYPES.remedyGranted, { ...about, grant: decision.grant!, reason: reasonOf(due) });
}

/** An answer to something else is none. */
function flawOf(due: RemedyDue, { id, outcome, operation, target, cluster, grant }: Decision): string | undefined {
  if (id !== due.id) return `it is of request ${id}`;
  if (operation !== due.operation || target.uid !== due.target.uid || cluster !== due.ailment.cluster)
    return `it is of ${operation} of ${target.kind} ${target.name}`;
  if (outcome === "granted" && !grant) return "it grants without a grant";
  return ["granted", "denied", "waiting"].includes(outcome) ? undefined : `its outcome is ${outcome}`;
}
