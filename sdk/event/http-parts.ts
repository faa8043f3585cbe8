import { encodeHeader } from "./header.ts";
import { BATCHED_TYPE, type HttpMessage } from "./http.ts";

/** An event of our own, from parts that are known to be good. */
export interface EventParts {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly traceparent?: string | undefined;
  /** JSON text. */
  readonly dataText: string;
}

/** For hot paths: nothing is checked. What it makes of good parts is what `encodeBinary` makes of the same event. */
export const binaryOf = ({ id, source, type, traceparent, dataText }: EventParts): HttpMessage => ({
  headers: {
    "ce-specversion": "1.0",
    "ce-id": encodeHeader(id),
    "ce-source": encodeHeader(source),
    "ce-type": encodeHeader(type),
    ...(traceparent !== undefined && { "ce-traceparent": encodeHeader(traceparent) }),
    "content-type": "application/json",
  },
  body: dataText,
});

/** As `binaryOf`: what `encodeBatch` makes of the same events, but for the order of members. */
export const batchOf = (events: readonly EventParts[]): HttpMessage => ({
  headers: { "content-type": `${BATCHED_TYPE}; charset=utf-8` },
  body: `[${events.map(textOf).join(",")}]`,
});

const textOf = ({ dataText, ...attributes }: EventParts): string =>
  `${JSON.stringify({ specversion: "1.0", ...attributes, datacontenttype: "application/json" }).slice(0, -1)},"data":${dataText}}`;
