import type { CloudEventV1 } from "cloudevents";
import { type Event, parseEvent, refusal } from "./envelope.ts";

/**
 * An event that an author made with the `cloudevents` package, by our strict rules. Bytes in its `data` become
 * `data_base64`. (That package gives an event without id or time a random one before we see it.)
 */
export const fromCloudEvent = <T = unknown>(event: CloudEventV1<T>): Event<T> => {
  const { data, ...attributes } = event;
  if (!ArrayBuffer.isView(data)) return parseEvent({ ...event }) as Event<T>;
  // Its constructor keeps binary data twice: as bytes and as their base64.
  if (typeof attributes.data_base64 === "string") return parseEvent(attributes) as Event<T>;
  if (!(data instanceof Uint8Array)) throw refusal("The event", "data", ["is binary", "a Uint8Array"]);
  return parseEvent({ ...attributes, data_base64: Buffer.from(data).toString("base64") }) as Event<T>;
};

/** A copy in the type that the `cloudevents` package takes and authors know; `new CloudEvent(copy)` makes its class. */
export const toCloudEventV1 = <T>(event: Event<T>): CloudEventV1<T> => ({ ...event });
