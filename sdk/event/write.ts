import { sayError } from "../errors.ts";
import { type Event, parseEvent, refusal } from "./envelope.ts";
import { isJsonType } from "./media-type.ts";

/** The payload as text: JSON, or the string itself where the content type is another; undefined where there is none. */
export const dataText = (event: Event): string | undefined => {
  if (event.data === undefined) return undefined;
  return isJsonType(event.datacontenttype) ? dataJson(event.data, "The event") : (event.data as string);
};

/** The event in the JSON format. */
export const eventText = (event: Event, where = "The event"): string => {
  const { data, ...attributes } = parseEvent(event, where);
  const text = JSON.stringify(attributes);
  return data === undefined ? text : `${text.slice(0, -1)},"data":${dataJson(data, where)}}`;
};

/** Events in the JSON batch format. */
export const batchText = (events: readonly Event[]): string =>
  `[${events.map((event, index) => eventText(event, `The event batch[${index}]`)).join(",")}]`;

const dataJson = (data: unknown, where: string): string => {
  const expected = "a JSON value";
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (e) {
    // Cycles, BigInts, a toJSON that throws. V8 draws the cycle in further lines.
    const [reason] = sayError(e).split("\n");
    throw refusal(where, "data", [`cannot be written as JSON (${reason})`, expected]);
  }
  if (text === undefined) throw refusal(where, "data", ["is nothing when written as JSON", expected]);
  return text;
};
