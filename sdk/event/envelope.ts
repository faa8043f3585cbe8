import { fault } from "../errors.ts";
import type { Flaw } from "./attributes.ts";
import { attributeFlaw, dataFlaw, isMember, memberFlaw } from "./attributes.ts";
import { kindOf, quote } from "./text.ts";

/**
 * A CloudEvent 1.0 that passed our strict envelope: a plain frozen object. Attributes cannot be altered; `data` is the
 * holder's. Absent means that there is no such key; `data: null` is a payload, the JSON value null.
 */
export interface Event<T = unknown> {
  readonly specversion: "1.0";
  /** Unique within the source: (source, id) deduplicates. */
  readonly id: string;
  /** A URI-reference; ours are `/clusters/<name>/<component>`. */
  readonly source: string;
  /** Reverse-DNS, the version last: see `TYPES`. */
  readonly type: string;
  /** Ours are `<kind>/<namespace>/<name>`. */
  readonly subject?: string;
  /** RFC 3339, as it was written; `parseTime` reads it. */
  readonly time?: string;
  /** A media type; absent means JSON. */
  readonly datacontenttype?: string;
  /** An absolute URI. */
  readonly dataschema?: string;
  /** A JSON value where the content type is JSON, else a string. */
  readonly data?: T;
  /** The payload's bytes, where they are no text. Never together with `data`. */
  readonly data_base64?: string;
  /** Extension: what orders events. */
  readonly partitionkey?: string;
  /** Extension: W3C trace context. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /**
   * Other extensions: a name of a–z and 0–9, at most 64 characters (the specification advises 20); a string, a boolean or
   * a whole number of 32 bits. (`unknown` and not their union, because TypeScript would hold `data` to it too.)
   */
  readonly [extension: string]: unknown;
}

/** What `makeEvent` takes. An attribute that is undefined is absent. */
export interface NewEvent<T = unknown> {
  readonly specversion?: "1.0" | undefined;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string | undefined;
  readonly time?: string | undefined;
  readonly datacontenttype?: string | undefined;
  readonly dataschema?: string | undefined;
  readonly data?: T | undefined;
  readonly data_base64?: string | undefined;
  readonly partitionkey?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly [extension: string]: unknown;
}

const REQUIRED = ["specversion", "id", "source", "type"] as const;

/**
 * Checks and copies an event. Nothing is repaired and nothing coerced; an attribute that is null is absent, as the JSON
 * format says. `where` names the event in the error's sentence.
 *
 * Throws `event-invalid` (status 400), which names the attribute, what is wrong and what is expected.
 */
export const parseEvent = (value: unknown, where = "The event"): Event => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal(where, "it", [`is ${kindOf(value)}`, "an object with the attributes of a CloudEvent"]);
  }
  const given = value as Readonly<Record<string, unknown>>;
  const event: Record<string, unknown> = {};
  for (const name of REQUIRED) {
    const attribute = Object.hasOwn(given, name) ? (given[name] ?? undefined) : undefined;
    const flaw = attributeFlaw(name, attribute);
    if (flaw !== undefined) throw refusal(where, name, flaw);
    event[name] = attribute;
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(event, name)) continue;
    // Read once: what is checked is what is kept, whatever a getter does.
    const attribute = given[name];
    if (attribute === undefined || (attribute === null && name !== "data" && isMember(name))) continue;
    const flaw = memberFlaw(name, attribute);
    if (flaw !== undefined) throw refusal(where, isMember(name) ? name : quote(name), flaw);
    event[name] = attribute;
  }
  if (event.data !== undefined) {
    if (event.data_base64 !== undefined) throw refusal(where, "data", ["comes with data_base64", "one of the two"]);
    const flaw = dataFlaw(event.datacontenttype as string | undefined, event.data);
    if (flaw !== undefined) throw refusal(where, "data", flaw);
  }
  return Object.freeze(event) as unknown as Event;
};

/**
 * Makes an event of ours, by the same rules. `specversion` is filled in, and so is `datacontenttype: application/json`
 * where there is data and no type was given: what JSON implies and other formats must say.
 */
export const makeEvent = <T = unknown>(attributes: NewEvent<T>): Event<T> => {
  const specversion = attributes.specversion ?? "1.0";
  const implied = attributes.data !== undefined && (attributes.datacontenttype ?? null) === null;
  const event = implied
    ? { ...attributes, specversion, datacontenttype: "application/json" }
    : { ...attributes, specversion };
  return parseEvent(event) as Event<T>;
};

/** The one sentence for an event that is refused. */
export const refusal = (event: string, attribute: string, [what, expected]: Flaw) =>
  fault("event-invalid", { event, attribute, what, expected });
