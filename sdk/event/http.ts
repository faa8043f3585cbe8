import { fault } from "../errors.ts";
import { binaryHeaders, refuseEnvelope } from "./binary.ts";
import { type Event, parseEvent, refusal } from "./envelope.ts";
import { encodeHeader } from "./header.ts";
import { type HttpInput, readAttributes, readHeaders } from "./http-headers.ts";
import { decodePlain } from "./http-plain.ts";
import { decodeUtf8, parseJson } from "./json.ts";
import { isUtf8Charset, type MediaType, parseMediaType } from "./media-type.ts";
import { quote } from "./text.ts";
import { batchText, dataText, eventText } from "./write.ts";

export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where there is no payload. */
  readonly body: string | Uint8Array;
}

export interface DecodedHttp {
  readonly mode: "binary" | "structured" | "batched";
  readonly events: readonly Event[];
}

export const STRUCTURED_TYPE = "application/cloudevents+json";
export const BATCHED_TYPE = "application/cloudevents-batch+json";

/**
 * Reads the events of a message (HTTP protocol binding 1.0.2). In binary mode JSON is parsed into `data`, `text/*` becomes
 * a string, and anything else stays bytes in `data_base64`; extensions are strings there, and an empty body is no payload.
 *
 * Throws `event-invalid`, `json-*`, `not-utf8` (400) and `event-media-type` (415). In a batch the sentence names the index.
 */
export const decodeHttp = (input: HttpInput): DecodedHttp => {
  const plain = decodePlain(input);
  return plain === undefined ? decodeCarefully(input) : { mode: "binary", events: [plain] };
};

/** As `decodeHttp`, whatever the message is like. */
export const decodeCarefully = (input: HttpInput): DecodedHttp => {
  const { ce, contentType, contentEncoding } = readHeaders(input);
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity") {
    throw unsupported("The message", `its content encoding is ${quote(contentEncoding)}`, "the body as it is");
  }
  const body = input.body ?? "";
  if (contentType?.toLowerCase().startsWith("application/cloudevents")) {
    const mode = eventFormat(contentType, "The message");
    const value = parseJson(body, { where: "The body" });
    if (mode === "structured") return { mode, events: [parseEvent(value)] };
    if (!Array.isArray(value)) throw refusal("The batch", "it", ["is no array", "a JSON array of events"]);
    return { mode, events: value.map((each, index) => parseEvent(each, `The event batch[${index}]`)) };
  }
  if (ce.length === 0) {
    throw refusal("The message", "it", ["holds no CloudEvent", `ce- headers, or the content type ${STRUCTURED_TYPE}`]);
  }
  const attributes = readAttributes(ce);
  if (contentType !== undefined) attributes.datacontenttype = contentType;
  if (body.length > 0) addPayload(attributes, contentType, body);
  return { mode: "binary", events: [parseEvent(attributes)] };
};

/** Attributes as headers, the payload as body. Throws `event-invalid` for what is no event. */
export const encodeBinary = (event: Event): HttpMessage => {
  const checked = parseEvent(event);
  const { data_base64 } = checked;
  refuseEnvelope(checked);
  const headers = binaryHeaders("ce-", checked, encodeHeader);
  const body = data_base64 === undefined ? (dataText(checked) ?? "") : Buffer.from(data_base64, "base64");
  return { headers, body };
};

/** One event as JSON. Throws `event-invalid`. */
export const encodeStructured = (event: Event): HttpMessage => ({
  headers: { "content-type": `${STRUCTURED_TYPE}; charset=utf-8` },
  body: eventText(event),
});

/** Any number of events, none too, as a JSON array. Throws `event-invalid`, which names the index. */
export const encodeBatch = (events: readonly Event[]): HttpMessage => ({
  headers: { "content-type": `${BATCHED_TYPE}; charset=utf-8` },
  body: batchText(events),
});

/** Which of our two formats a content type of CloudEvents names; 415 for every other. */
export const eventFormat = (contentType: string, where: string): "structured" | "batched" => {
  const type = parseMediaType(contentType);
  const mode =
    type?.essence === STRUCTURED_TYPE ? "structured" : type?.essence === BATCHED_TYPE ? "batched" : undefined;
  if (mode === undefined) {
    throw unsupported(
      where,
      `its event format ${quote(contentType)} is not known`,
      `${STRUCTURED_TYPE} or ${BATCHED_TYPE}`,
    );
  }
  if (!isUtf8Charset(type)) throw unsupported(where, `its charset is ${quote(type?.charset ?? "")}`, "charset=utf-8");
  return mode;
};

export const unsupported = (event: string, what: string, expected: string) =>
  fault("event-media-type", { event, what, expected });

const addPayload = (
  attributes: Record<string, unknown>,
  contentType: string | undefined,
  body: string | Uint8Array,
): void => {
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  if (type !== undefined && (type.json || isText(type))) {
    if (!isUtf8Charset(type))
      throw unsupported("The event", `its charset is ${quote(type.charset ?? "")}`, "charset=utf-8");
    const text = typeof body === "string" ? body : decodeUtf8(body, "The body");
    attributes.data = type.json ? parseJson(text, { where: "The body" }) : text;
  } else {
    attributes.data_base64 = asBuffer(body).toString("base64");
  }
};

const asBuffer = (body: string | Uint8Array): Buffer =>
  typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);

const isText = (type: MediaType): boolean => type.essence.startsWith("text/");
