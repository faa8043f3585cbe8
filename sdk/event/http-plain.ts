import type { Event } from "./envelope.ts";
import type { HttpInput } from "./http-headers.ts";
import { parseJson } from "./json.ts";
import { parseTime } from "./time.ts";

/** What stands for itself in a header: printable ASCII but for `"` and `%`. */
const PLAIN = /^[\x20\x21\x23\x24\x26-\x7e]+$/;
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~][A-Za-z0-9\-._~/]*$/;
/** On days that every month has. */
const PLAIN_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/** As it is built up: always in this order, so that all events are of a few shapes. */
type Plain = { -readonly [N in keyof Event]?: Event[N] };

/**
 * The event of a message in binary mode where every header is of the plain kind that senders nearly always write, at half
 * the cost of looking at everything. Undefined: `decodeCarefully` must look; so nothing is refused here, and nothing is
 * taken that it would refuse. Throws for a body that is no JSON.
 */
export const decodePlain = ({ rawHeaders, body }: HttpInput): Event | undefined => {
  if (rawHeaders === undefined || body === undefined || body.length === 0) return undefined;
  let specversion: string | undefined;
  let id: string | undefined;
  let source: string | undefined;
  let type: string | undefined;
  let subject: string | undefined;
  let time: string | undefined;
  let contentType: string | undefined;
  let traceparent: string | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1]!;
    switch (rawHeaders[i]!.toLowerCase()) {
      case "ce-specversion":
        if (specversion !== undefined || value !== "1.0") return undefined;
        specversion = value;
        break;
      case "ce-id":
        if (id !== undefined || !PLAIN.test(value)) return undefined;
        id = value;
        break;
      case "ce-source":
        if (source !== undefined || !PLAIN_PATH.test(value)) return undefined;
        source = value;
        break;
      case "ce-type":
        if (type !== undefined || !PLAIN.test(value)) return undefined;
        type = value;
        break;
      case "ce-subject":
        if (subject !== undefined || !PLAIN.test(value)) return undefined;
        subject = value;
        break;
      case "ce-time":
        if (time !== undefined || !(PLAIN_TIME.test(value) || (PLAIN.test(value) && parseTime(value) !== undefined)))
          return undefined;
        time = value;
        break;
      case "ce-traceparent":
        if (traceparent !== undefined || !PLAIN.test(value)) return undefined;
        traceparent = value;
        break;
      case "content-type":
        if (contentType !== undefined || value !== "application/json") return undefined;
        contentType = value;
        break;
      default:
        if (isOther(rawHeaders[i]!)) return undefined;
    }
  }
  if (!specversion || !id || !source || !type || !contentType) return undefined;
  const event: Plain = { specversion: "1.0", id, source, type };
  if (subject !== undefined) event.subject = subject;
  if (time !== undefined) event.time = time;
  event.datacontenttype = contentType;
  if (traceparent !== undefined) event.traceparent = traceparent;
  event.data = parseJson(body, BODY);
  return Object.freeze(event) as Event;
};

const BODY = { where: "The body" };

/** Another attribute, or an encoding of the body. */
const isOther = (header: string): boolean => {
  const first = header.charCodeAt(0) | 0x20;
  return first === 0x63 && /^(?:ce-|content-encoding$)/i.test(header);
};
