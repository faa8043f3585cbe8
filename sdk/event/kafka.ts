import { isAttributeName, nameFlaw } from "./attributes.ts";
import { binaryHeaders, refuseEnvelope } from "./binary.ts";
import { type Event, parseEvent, refusal } from "./envelope.ts";
import { eventFormat, STRUCTURED_TYPE, unsupported } from "./http.ts";
import { decodeUtf8, parseJson } from "./json.ts";
import { isUtf8Charset, parseMediaType } from "./media-type.ts";
import { kindOf, quote } from "./text.ts";
import { dataText, eventText } from "./write.ts";

type HeaderValue = string | Uint8Array;

/** A message as a Kafka client gives it: headers are bytes, a header that came twice is an array. */
export interface KafkaMessage {
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>> | undefined;
  readonly value: Uint8Array | null;
}

export interface EncodedKafka {
  readonly headers: Readonly<Record<string, string>>;
  /** Null where the event has no payload. */
  readonly value: Buffer | null;
}

const PREFIX = "ce_";
const WHERE = "The message's event";

/**
 * Reads the event of a message (Kafka protocol binding 1.0.2), binary or structured. As over HTTP, JSON is parsed into
 * `data`, `text/*` becomes a string and anything else stays bytes in `data_base64`; extensions are strings in binary mode,
 * and no value is no payload. Header names are taken as they are written: Kafka's have no other case. The message's key is
 * not the event's.
 *
 * Throws as `decodeHttp` does: `event-invalid`, `json-*`, `not-utf8` (400), `event-media-type` (415).
 */
export const decodeKafka = ({ headers = {}, value }: KafkaMessage): Event => {
  const contentType = textOf(
    "content-type",
    Object.hasOwn(headers, "content-type") ? headers["content-type"] : undefined,
  );
  if (contentType?.toLowerCase().startsWith("application/cloudevents")) {
    if (eventFormat(contentType, WHERE) === "batched") {
      throw unsupported(WHERE, "a message holds one event and no batch", STRUCTURED_TYPE);
    }
    return parseEvent(parseJson(value ?? "", { where: "The message's value" }), WHERE);
  }
  const attributes: Record<string, unknown> = {};
  for (const header of Object.keys(headers)) {
    if (!header.startsWith(PREFIX)) continue;
    const name = header.slice(PREFIX.length);
    // Checked before it is assigned: it could be `__proto__`.
    if (!isAttributeName(name)) throw refusal(WHERE, `the header ${quote(header)}`, nameFlaw(name));
    const text = textOf(header, headers[header]);
    if (name === "datacontenttype") {
      // The cloudevents package writes it beside content-type: where both say the same, nothing is in doubt.
      if (text === undefined || text === contentType) continue;
      throw refusal(WHERE, "the header ce_datacontenttype", ["is not allowed", "content-type alone"]);
    }
    attributes[name] = text;
  }
  if (contentType !== undefined) attributes.datacontenttype = contentType;
  if (value !== null) addPayload(attributes, contentType, value);
  return parseEvent(attributes, WHERE);
};

/** Attributes as headers, the payload as it is. Throws `event-invalid` for what is no event. */
export const encodeKafkaBinary = (event: Event): EncodedKafka => {
  const checked = parseEvent(event);
  const { data_base64 } = checked;
  refuseEnvelope(checked);
  const headers = binaryHeaders(PREFIX, checked);
  if (data_base64 !== undefined) return { headers, value: Buffer.from(data_base64, "base64") };
  const text = dataText(checked);
  return { headers, value: text === undefined ? null : Buffer.from(text) };
};

/** One event as JSON. Throws `event-invalid`. */
export const encodeKafkaStructured = (event: Event): EncodedKafka => ({
  headers: { "content-type": `${STRUCTURED_TYPE}; charset=utf-8` },
  value: Buffer.from(eventText(event)),
});

const textOf = (header: string, value: HeaderValue | readonly HeaderValue[] | undefined): string | undefined => {
  if (value === undefined || typeof value === "string") return value;
  if (value instanceof Uint8Array) return decodeUtf8(value, `The header ${header}`);
  const what = Array.isArray(value) ? "comes twice" : `is ${kindOf(value)}`;
  throw refusal(WHERE, `the header ${quote(header)}`, [what, "one value for each attribute"]);
};

const addPayload = (to: Record<string, unknown>, contentType: string | undefined, value: Uint8Array): void => {
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  if (type === undefined || !(type.json || type.essence.startsWith("text/"))) {
    to.data_base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
    return;
  }
  if (!isUtf8Charset(type)) throw unsupported(WHERE, `its charset is ${quote(type.charset ?? "")}`, "charset=utf-8");
  const text = decodeUtf8(value, "The message's value");
  to.data = type.json ? parseJson(text, { where: "The message's value" }) : text;
};
