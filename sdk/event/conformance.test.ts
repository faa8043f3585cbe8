import { describe, expect, it } from "vitest";
import { isFault } from "../errors.ts";
import type { Event } from "./envelope.ts";
import { decodeHttp } from "./http.ts";
import { fromRecord } from "./record.ts";

/**
 * The cases of cloudevents/conformance: features/http-protocol-binding, features/kafka-protocol-binding and format/json,
 * as tables. The batches of the last go through the HTTP codec, as does each event.
 */
const EXPECTED = {
  id: "1234-1234-1234",
  specversion: "1.0",
  type: "com.example.someevent",
  source: "/mycontext/subcontext",
  time: "2018-04-05T03:56:24Z",
};
const DATA = { message: "Hello World!" };
const ENVELOPE = JSON.stringify({ ...EXPECTED, datacontenttype: "application/json", data: DATA }, null, 4);
const PAYLOAD = JSON.stringify(DATA, null, 4);

const prefixed = (prefix: string) =>
  Object.fromEntries(Object.entries(EXPECTED).map(([name, value]) => [prefix + name, value]));

const JSON_TYPES = ["application/json", "application/json; charset=utf-8"];
const EVENT_TYPES = ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8"];

describe("HTTP protocol binding", () => {
  it.each(JSON_TYPES)("binary content mode (%s)", (type) => {
    const headers = { host: "example.com", "content-length": "33", ...prefixed("ce-"), "content-type": type };
    const { mode, events } = decodeHttp({
      headers,
      rawHeaders: Object.entries(headers).flat(),
      body: Buffer.from(PAYLOAD),
    });
    expect(mode).toBe("binary");
    expect(events).toEqual([{ ...EXPECTED, datacontenttype: type, data: DATA }]);
  });

  it.each(EVENT_TYPES)("structured content mode (%s)", (type) => {
    const { mode, events } = decodeHttp({ headers: { "content-type": type }, body: Buffer.from(ENVELOPE) });
    expect(mode).toBe("structured");
    expect(events).toEqual([{ ...EXPECTED, datacontenttype: "application/json", data: DATA }]);
  });
});

describe("Kafka protocol binding", () => {
  it("binary content mode", () => {
    const event = fromRecord({ headers: { ...prefixed("ce_"), "content-type": "application/json" }, value: PAYLOAD });
    expect(event).toEqual({ ...EXPECTED, datacontenttype: "application/json", data: DATA });
  });

  it.each(EVENT_TYPES)("structured content mode (%s)", (type) => {
    const event = fromRecord({ headers: { "content-type": type }, value: ENVELOPE });
    expect(event).toEqual({ ...EXPECTED, datacontenttype: "application/json", data: DATA });
  });
});

const BASE = { specversion: "1.0", id: "x", type: "io.cloudevents.test", source: "https://cloudevents.io" };
const without = (name: string) => Object.fromEntries(Object.entries(BASE).filter(([key]) => key !== name));

const structured = (event: unknown): Event => {
  const headers = { "content-type": "application/cloudevents+json" };
  return decodeHttp({ headers, body: JSON.stringify(event) }).events[0] as Event;
};
const batched = (batch: unknown): readonly Event[] => {
  const headers = { "content-type": "application/cloudevents-batch+json" };
  return decodeHttp({ headers, body: JSON.stringify(batch) }).events;
};

const ALL_CORE = {
  datacontenttype: "text/plain",
  dataschema: "https://cloudevents.io/dataschema",
  subject: "tests",
  time: "2018-04-05T17:31:00Z",
};
const ALL_EXTENSION_TYPES = {
  extinteger: 10,
  extboolean: true,
  extstring: "text",
  exturi: "https://cloudevents.io",
  exturiref: "//authority/path",
  exttimestamp: "2023-03-31T15:12:00Z",
  extbinary: "TWE=",
};

describe("JSON format", () => {
  const VALID: [string, object, object?][] = [
    ["minimal", {}],
    ["null for optional", { datacontenttype: null, dataschema: null, subject: null, time: null }, {}],
    ["all core attributes", ALL_CORE],
    ["time in UTC", { time: "2018-04-05T17:31:00Z" }],
    ["time to nanoseconds", { time: "2018-04-05T17:31:00.000000000Z" }],
    ["time with a positive offset", { time: "2018-04-05T18:31:00+01:00" }],
    ["time with a negative offset", { time: "2018-04-05T16:31:00-01:00" }],
    ["relative source", { source: "#fragment" }],
    ["simple text data", { datacontenttype: "text/plain", data: "Simple text" }],
    ["all extension types", ALL_EXTENSION_TYPES],
  ];
  it.each(VALID)("takes an event: %s", (_, attributes, expected = attributes) => {
    expect(structured({ ...BASE, ...attributes })).toEqual({ ...BASE, ...expected });
  });

  const INVALID: [string, unknown, string][] = [
    ["no specversion", without("specversion"), "specversion"],
    ["no id", without("id"), "id"],
    ["no type", without("type"), "type"],
    ["no source", without("source"), "source"],
    ["time: garbage", { ...BASE, time: "lunchtime" }, "time"],
    ["time: to the minute", { ...BASE, time: "2018-04-05T18:31Z" }, "time"],
    ["time: offset X", { ...BASE, time: "2018-04-05T18:31:00X" }, "time"],
    ["time: offset out of range", { ...BASE, time: "2018-04-05T18:31:00+25:00" }, "time"],
    ["time: offset no integer", { ...BASE, time: "2018-04-05T18:31:00+xx:00" }, "time"],
    ["time: offset of hours only", { ...BASE, time: "2018-04-05T18:31:00+05" }, "time"],
    ["empty id", { ...BASE, id: "" }, "id"],
    ["empty type", { ...BASE, type: "" }, "type"],
    ["empty source", { ...BASE, source: "" }, "source"],
    ["empty specversion", { ...BASE, specversion: "" }, "specversion"],
    ["unknown specversion", { ...BASE, specversion: "0.9" }, "specversion"],
    ["content type that is none", { ...BASE, datacontenttype: "xyz" }, "datacontenttype"],
    ["empty content type", { ...BASE, datacontenttype: "" }, "datacontenttype"],
    ["empty schema", { ...BASE, dataschema: "" }, "dataschema"],
    ["empty subject", { ...BASE, subject: "" }, "subject"],
    ["numeric id", { ...BASE, id: 25 }, "id"],
    ["object id", { ...BASE, id: { xyz: "abc" } }, "id"],
    ["capitalized extension", { ...BASE, MyExtension: "bad" }, '"MyExtension"'],
    ["punctuated extension", { ...BASE, "my.extension": "bad" }, '"my.extension"'],
    ["extension that is no integer", { ...BASE, myextension: 1.5 }, "myextension"],
    ["data and data_base64", { ...BASE, data: "text", data_base64: "eyAieHl6IjogMTIzIH0=" }, "data"],
  ];
  it.each(INVALID)("refuses an event: %s", (_, event, attribute) => {
    try {
      structured(event);
    } catch (e) {
      expect(isFault(e, "event-invalid") && e.details.attribute).toBe(attribute);
      return;
    }
    expect.unreachable();
  });

  it.each([
    ["empty", []],
    ["minimal", [BASE]],
    ["two copies", [BASE, BASE]],
    ["minimal and all core", [BASE, { ...BASE, ...ALL_CORE }]],
    ["minimal and all extension types", [BASE, { ...BASE, ...ALL_EXTENSION_TYPES }]],
  ])("takes a batch: %s", (_, batch) => expect(batched(batch)).toEqual(batch));

  it.each([
    ["mixed specversions", [BASE, { ...BASE, specversion: "0.9" }], "batch[1]"],
    ["an invalid event", [without("id")], "batch[0]"],
    ["no object", ["not an object", BASE], "batch[0]"],
  ])("refuses a batch: %s", (_, batch, which) => expect(() => batched(batch)).toThrow(which));
});
