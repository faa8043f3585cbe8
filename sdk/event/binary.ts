import { type Event, refusal } from "./envelope.ts";
import { quote } from "./text.ts";

/** Whether an event in binary mode would be read as one in structured mode: its payload is an envelope itself. */
export const carriesEvent = ({ datacontenttype }: Pick<Event, "datacontenttype">): boolean =>
  datacontenttype?.toLowerCase().startsWith("application/cloudevents") === true;

/** Throws `event-invalid` where it would. */
export function refuseEnvelope(event: Event): void {
  if (!carriesEvent(event)) return;
  throw refusal("The event", "datacontenttype", [
    `is ${quote(event.datacontenttype as string)}, which in binary mode would read as the envelope's own`,
    "structured mode",
  ]);
}

/** The headers of an event in binary mode: its attributes behind the binding's prefix, and the content type. */
export function binaryHeaders(
  prefix: string,
  { data, data_base64: _, datacontenttype, ...attributes }: Event,
  encode: (value: string | number | boolean) => string = String,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of Object.keys(attributes)) headers[prefix + name] = encode(attributes[name] as string);
  if (datacontenttype !== undefined) headers["content-type"] = datacontenttype;
  else if (data !== undefined) headers["content-type"] = "application/json";
  return headers;
}
