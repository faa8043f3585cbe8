import { isAttributeName, nameFlaw } from "./attributes.ts";
import { binaryHeaders, carriesEvent } from "./binary.ts";
import { type Event, parseEvent, refusal } from "./envelope.ts";
import { eventFormat, STRUCTURED_TYPE, unsupported } from "./http.ts";
import { parseJson } from "./json.ts";
import { isJsonType, isUtf8Charset, parseMediaType } from "./media-type.ts";
import { kindOf, quote } from "./text.ts";
import { dataText, eventText } from "./write.ts";

/** A record of the log, as far as an event goes. */
export interface EventRecord {
  readonly topic: string;
  /** A JSON array. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null where the event has no payload: a tombstone in a compacted topic. */
  readonly value: string | null;
}

const PREFIX = "ce_";

/**
 * An event as a record, in the binary mode of the Kafka protocol binding: attributes in headers, the payload as the value.
 * Values of the log are texts, so an event with `data_base64` goes in structured mode. Extensions come back as strings.
 */
export const toRecord = (topic: string, key: readonly unknown[], event: Event): EventRecord => {
  const checked = parseEvent(event);
  const record = { topic, key: JSON.stringify(key) };
  if (checked.data_base64 !== undefined || carriesEvent(checked)) {
    return { ...record, headers: { "content-type": STRUCTURED_TYPE }, value: eventText(checked) };
  }
  const headers = binaryHeaders(PREFIX, checked);
  return { ...record, headers, value: dataText(checked) ?? null };
};

/** The event of a record, binary or structured. Other headers are not the event's. Throws as `decodeHttp` does. */
export const fromRecord = (record: Pick<EventRecord, "headers" | "value">): Event => {
  const where = "The record's event";
  const contentType = record.headers["content-type"];
  if (contentType?.toLowerCase().startsWith("application/cloudevents")) {
    if (eventFormat(contentType, where) === "batched") {
      throw unsupported(where, "a record holds one event and no batch", STRUCTURED_TYPE);
    }
    return parseEvent(parseJson(record.value ?? "", { where: "The record's value" }), where);
  }
  const attributes: Record<string, unknown> = {};
  for (const header of Object.keys(record.headers)) {
    if (!header.startsWith(PREFIX)) continue;
    const name = header.slice(PREFIX.length);
    // Checked before it is assigned: it could be `__proto__`.
    if (!isAttributeName(name)) throw refusal(where, `the header ${quote(header)}`, nameFlaw(name));
    if (name === "datacontenttype") {
      // The cloudevents package writes it beside content-type: where both say the same, nothing is in doubt.
      if (record.headers[header] === contentType) continue;
      throw refusal(where, "the header ce_datacontenttype", ["is not allowed", "content-type alone"]);
    }
    const value: unknown = record.headers[header];
    if (typeof value !== "string") throw refusal(where, name, [`is ${kindOf(value)}`, "a header that is a string"]);
    attributes[name] = value;
  }
  if (contentType !== undefined) attributes.datacontenttype = contentType;
  if (record.value !== null) addPayload(attributes, contentType, record.value, where);
  return parseEvent(attributes, where);
};

const addPayload = (to: Record<string, unknown>, contentType: string | undefined, value: string, where: string) => {
  if (contentType === undefined) {
    to.data_base64 = Buffer.from(value).toString("base64");
    return;
  }
  const type = parseMediaType(contentType);
  if (!isUtf8Charset(type)) throw unsupported(where, `its charset is ${quote(type?.charset ?? "")}`, "charset=utf-8");
  to.data = isJsonType(contentType) ? parseJson(value, { where: "The record's value" }) : value;
};

/** A record of our own, from parts that are known to be good. */
export interface RecordParts {
  readonly topic: string;
  readonly key: readonly unknown[];
  readonly type: string;
  readonly id: string;
  readonly source: string;
  readonly subject?: string | undefined;
  readonly traceparent?: string | undefined;
  /** JSON text; null is a tombstone. */
  readonly dataText: string | null;
}

/** For hot paths: nothing is checked. What it makes of good parts is what `toRecord` makes of the same event. */
export const recordOf = ({
  topic,
  key,
  type,
  id,
  source,
  subject,
  traceparent,
  dataText,
}: RecordParts): EventRecord => {
  const headers: Record<string, string> = { ce_specversion: "1.0", ce_id: id, ce_source: source, ce_type: type };
  if (subject !== undefined) headers.ce_subject = subject;
  if (traceparent !== undefined) headers.ce_traceparent = traceparent;
  if (dataText !== null) headers["content-type"] = "application/json";
  return { topic, key: JSON.stringify(key), headers, value: dataText };
};
