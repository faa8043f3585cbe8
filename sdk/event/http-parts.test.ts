import { expect, it } from "vitest";
import { makeEvent } from "./envelope.ts";
import { decodeHttp, encodeBinary } from "./http.ts";
import { batchOf, binaryOf } from "./http-parts.ts";

const parts = { id: "c/é 1", source: "/clusters/c/host", type: "a.b.v1", dataText: '{"n":"ü"}' };
const event = makeEvent({ id: parts.id, source: parts.source, type: parts.type, data: { n: "ü" } });

it("makes of good parts what the codec makes of the event", () => {
  expect(binaryOf(parts)).toEqual(encodeBinary(event));
  const traced = { ...parts, traceparent: "00-ab" };
  expect(binaryOf(traced)).toEqual(encodeBinary({ ...event, traceparent: "00-ab" }));
  const { headers, body } = batchOf([parts, traced]);
  expect(decodeHttp({ headers, body })).toEqual({
    mode: "batched",
    events: [event, { ...event, traceparent: "00-ab" }],
  });
});
