/** What the healer writes, and what it reads of others. */
import { hash } from "node:crypto";
import type { NewRecord } from "#broker/log/log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { aboutOf, type RemedyDue, remedyRecord } from "#sdk/operation/remedy.ts";
import { courseKey, deedOf } from "./course.ts";
import type { Courses, Effect } from "./courses.ts";
import type { Word } from "./words.ts";

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
      traceparent: due.ailment.traceparent,
      subject: [due.target.kind, due.target.namespace ?? "", due.target.name].join("/"),
      dataText: JSON.stringify(due),
    });
  const about = aboutOf(due);
  const { message, fence, until } = effect;
  const type = { expired: TYPES.remedyExpired, escalated: TYPES.remedyEscalated, held: TYPES.remedyHeld }[effect.kind];
  const more = { ...(fence !== undefined && { fence }), ...(until !== undefined && { until }) };
  // Its owner may say one thing after another.
  const word = effect.kind === "held" ? hash("sha256", message, "hex").slice(0, 8) : undefined;
  return remedyRecord(type, source, { ...about, message, ...more }, { word, traceparent: due.ailment.traceparent });
}

/** What is asked. */
export function takeDue(courses: Courses, due: RemedyDue): void {
  const { id, ailment, target, remedier, step, attempt, operation, params, strategy } = due;
  const key = courseKey(ailment.fingerprint, ailment.episode, remedier);
  const what = strategy === "observe" ? "observed" : "asked";
  const deed = deedOf(operation, params);
  courses.entry(id, { key, uid: target.uid }, { what, step, attempt, at: due.due, operation, deed });
}

/** What came of it. */
export function takeWord(courses: Courses, word: Word): void {
  const { id, what, at } = word;
  if (what === "due" || what === "held" || what === "undone") return;
  const known = courses.requestOf(id) ?? placeOf(word);
  if (!known) return;
  const { key, uid, ...of } = known;
  const place = { key, uid };
  const base = { ...of, at };
  if (what === "granted") courses.entry(id, place, { ...base, what, ...word.grant! });
  else if (what === "failed") courses.entry(id, place, { ...base, what, failure: word.failure!, begun: word.begun! });
  else if (what === "denied" || what === "waiting")
    courses.entry(id, place, { ...base, what, ...(word.until !== undefined && { until: word.until }) });
  else courses.entry(id, place, { ...base, what });
}

/** Where it belongs, by its own words: after a start what was due may be gone already. */
function placeOf({ finding, remedier, step, attempt, operation, params, target }: Word) {
  if (!finding || remedier === undefined || step === undefined || attempt === undefined) return undefined;
  const key = courseKey(finding.fingerprint, finding.episode, remedier);
  return { key, uid: target.uid, step, attempt, operation, deed: deedOf(operation, params) };
}
