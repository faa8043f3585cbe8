import { type Event, refusal } from "../event/envelope.ts";
import { kindOf, quote } from "../event/text.ts";
import { TYPES } from "../event/types.ts";
import { readability } from "../event/version.ts";
import type { Check } from "../terms.ts";

const isText = (value: unknown) => typeof value === "string" && value !== "";
const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** Of each field what it must be. The rows and params themselves are the case's to judge. */
const FIELDS: Readonly<Record<string, readonly [is: (value: any) => boolean, expected: string]>> = {
  id: [isText, "a string of one character or more"],
  cluster: [isText, "the cluster's name"],
  case: [isText, "the case's name"],
  instance: [isText, "the instance's name"],
  key: [
    (value) => typeof value === "string" || (Array.isArray(value) && value.every((one) => typeof one === "string")),
    "a string, or a list of strings",
  ],
  stamp: [(value) => isObject(value) && isCount(value.epoch) && isCount(value.seq), "an object with epoch and seq"],
  params: [isObject, "an object"],
  rows: [
    (value) => isObject(value) && Object.values(value).every(Array.isArray),
    "an object with a list for each read",
  ],
};

/** The check that an event brings. Throws `event-invalid`, which names the field. */
export function readCheck(event: Event, where = "The event"): Check {
  if (readability(event.type, TYPES.checkDue) !== "known")
    throw refusal(where, "type", [`is ${quote(event.type)}`, TYPES.checkDue]);
  const { data } = event;
  if (!isObject(data)) throw refusal(where, "data", [`is ${kindOf(data)}`, "a check"]);
  const check = data as Record<string, unknown>;
  for (const [name, [is, expected]] of Object.entries(FIELDS)) {
    const value = check[name];
    if (!is(value))
      throw refusal(where, `data.${name}`, [value === undefined ? "is missing" : "is something else", expected]);
  }
  if (check.id !== event.id) throw refusal(where, "data.id", [`is ${quote(String(check.id))}`, "the event's own id"]);
  return data as unknown as Check;
}
