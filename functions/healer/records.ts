/** What the healer writes, and what it reads of others. */
import { hash } from "node:crypto";
import type { LogRecord, NewRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import type { Failed, Succeeded } from "#sdk/operation/outcome.ts";
import { type About, aboutOf, type NotGranted, type RemedyDue, remedyRecord } from "#sdk/operation/remedy.ts";
import { courseKey, deedOf, type Entry } from "./course.ts";
import type { Courses, Effect } from "./courses.ts";

const source = "/healer";

export function recordOfEffect(effect: Effect): NewRecord {
  const { due } = effect;
  if (effect.kind === "due")
    return recordOf({
      topic: "due",
      key: [due.id],
      type: TYPES.remedyDue,
      id: due.id,
      source,
      subject: [due.target.kind, due.target.namespace ?? "", due.target.name].join("/"),
      dataText: JSON.stringify(due),
    });
  const about = aboutOf(due);
  const { message, fence, until } = effect;
  const type = { expired: TYPES.remedyExpired, escalated: TYPES.remedyEscalated, held: TYPES.remedyHeld }[effect.kind];
  const more = { ...(fence !== undefined && { fence }), ...(until !== undefined && { until }) };
  // Its owner may say one thing after another.
  const word = effect.kind === "held" ? hash("sha256", message, "hex").slice(0, 8) : undefined;
  return remedyRecord(type, source, { ...about, message, ...more }, word);
}

const WHAT: Readonly<Record<string, Entry["what"]>> = {
  [TYPES.remedyDenied]: "denied",
  [TYPES.remedyWaiting]: "waiting",
  [TYPES.remedyObserved]: "observed",
  [TYPES.remedyGranted]: "granted",
  [TYPES.remedyStarted]: "started",
  [TYPES.remedySucceeded]: "succeeded",
  [TYPES.remedyFailed]: "failed",
  [TYPES.remedyExpired]: "expired",
  [TYPES.remedyEscalated]: "escalated",
};

/** Takes in what was due, and what came of it. */
export function takeRecord(courses: Courses, { headers, value, time }: LogRecord): void {
  const { ce_type: type = "" } = headers;
  if (value === null) return;
  if (type === TYPES.remedyDue) {
    const due = parseJson(value) as RemedyDue;
    const { id, ailment, remedier, step, attempt, operation, params, strategy } = due;
    const key = courseKey(ailment.fingerprint, ailment.episode, remedier);
    const what = strategy === "observe" ? "observed" : "asked";
    courses.entry(
      id,
      { key, uid: due.target.uid },
      { what, step, attempt, at: due.due, operation, deed: deedOf(operation, params) },
    );
    return;
  }
  const what = WHAT[type];
  if (what === undefined) return;
  const data = parseJson(value) as Partial<About & Granted & NotGranted & Succeeded & Failed> & { id: string };
  const known = courses.requestOf(data.id) ?? placeOf(data);
  if (!known) return;
  const { key, uid, ...of } = known;
  const place = { key, uid };
  const base = { ...of, at: time };
  if (what === "granted") courses.entry(data.id, place, { ...base, what, ...data.grant! });
  else if (what === "failed")
    courses.entry(data.id, place, { ...base, what, failure: data.failure!, begun: data.begun! });
  else if (what === "denied" || what === "waiting")
    courses.entry(data.id, place, { ...base, what, ...(data.until !== undefined && { until: data.until }) });
  else courses.entry(data.id, place, { ...base, what });
}

/** Where it belongs, by its own words: after a start what was due may be gone already. */
function placeOf({ finding, remedier, step, attempt, operation, params, target }: Partial<About & Granted>) {
  if (!finding || remedier === undefined || step === undefined || attempt === undefined || operation === undefined)
    return undefined;
  const key = courseKey(finding.fingerprint, finding.episode, remedier);
  return { key, uid: target?.uid ?? "", step, attempt, operation, deed: deedOf(operation, params) };
}
