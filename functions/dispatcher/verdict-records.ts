import { type Cause, deadLetterRecord } from "#broker/dead-letter/record.ts";
import type { Answered } from "#broker/dispatch/lane.ts";
import type { NewRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { brokenOff } from "#sdk/serve/broken-off.ts";
import type { Check } from "#sdk/terms.ts";

/** What a record's key of topic `checks` says. */
export const parseKey = (key: string) => {
  const [cluster, instance, own] = parseJson(key) as [string, string, Check["key"]];
  return { cluster, instance, key: own };
};

/** An answer as records: its verdict, and where the check is set aside, the check as it was. `now`: unix ms. */
export function verdictRecords({ check, answer, setAside }: Answered, now: number): NewRecord[] {
  const verdict = verdictOf(check, answer, now);
  if (!setAside) return verdict;
  const { partition, offset, tries, headers = {} } = check;
  const record = { topic: "checks", key: check.key, headers, value: check.text };
  const letter = { record, partition, offset, cause: causeOf(answer), tries: tries + 1, by: "dispatcher" };
  return [...verdict, deadLetterRecord(letter)];
}

function verdictOf(check: Answered["check"], answer: Answered["answer"], now: number): NewRecord[] {
  const late = Math.max(0, now - check.at);
  const text = answer.verdict ?? brokenText(check.text, causeOf(answer));
  // Of a check that is no JSON nothing can be said, but that it is set aside.
  if (text === undefined) return [];
  // The verdict is a JSON object already: what only the dispatcher knows is put in before its last brace.
  const dataText = `${text.slice(0, -1)},"late":${Math.round(late)}}`;
  const { cluster, instance, key } = parseKey(check.key);
  return [
    recordOf({
      topic: "verdicts",
      key: [cluster, instance, key],
      type: TYPES.verdict,
      id: check.id,
      source: `/clusters/${cluster}/dispatcher`,
      traceparent: check.headers?.ce_traceparent,
      dataText,
    }),
  ];
}

function brokenText(text: string, cause: Cause): string | undefined {
  let check: Check;
  try {
    check = parseJson(text) as Check;
  } catch {
    return undefined;
  }
  return JSON.stringify(brokenOff(check, cause));
}

const causeOf = (answer: Answered["answer"]) =>
  "error" in answer ? answer.error : { code: "dispatch-unanswered", message: "was not answered" };
