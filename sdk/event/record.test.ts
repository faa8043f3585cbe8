import { describe, expect, it } from "vitest";
import { isFault, type RoundsmanError } from "../errors.ts";
import { makeEvent, parseEvent } from "./envelope.ts";
import { fromRecord, recordOf, toRecord } from "./record.ts";
import { readability, typeVersion } from "./version.ts";

const ATTRIBUTES = { specversion: "1.0", id: "a-1", source: "/src", type: "com.example.thing" };
const HEADERS = { ce_specversion: "1.0", ce_id: "a-1", ce_source: "/src", ce_type: "com.example.thing" };

const refused = (headers: object, value: string | null = null): RoundsmanError => {
  try {
    fromRecord({ headers: headers as Record<string, string>, value });
  } catch (e) {
    if (isFault(e)) return e;
    throw e;
  }
  throw new Error("was accepted");
};

describe("toRecord and fromRecord", () => {
  it("write attributes as headers, in UTF-8 and not percent-encoded", () => {
    const event = makeEvent({ id: "ü 1%", source: "/src", type: "t", subject: "s", n: 5, data: { a: [1, "ö"] } });
    expect(toRecord("findings", ["prod", "x", 7], event)).toEqual({
      topic: "findings",
      key: '["prod","x",7]',
      headers: {
        ce_specversion: "1.0",
        ce_id: "ü 1%",
        ce_source: "/src",
        ce_type: "t",
        ce_subject: "s",
        ce_n: "5",
        "content-type": "application/json",
      },
      value: '{"a":[1,"ö"]}',
    });
  });

  it.each([
    ["no payload", {}, null],
    ["a type without a payload", { datacontenttype: "text/plain" }, null],
    ["JSON null", { data: null, datacontenttype: "application/json" }, "null"],
    ["text", { data: "grüß", datacontenttype: "text/plain" }, "grüß"],
    ["empty text", { data: "", datacontenttype: "text/plain" }, ""],
    ["XML", { data: "<a/>", datacontenttype: "application/xml" }, "<a/>"],
    ["a string in JSON", { data: "a", datacontenttype: "application/json" }, '"a"'],
    ["all of the rest", { time: "2018-04-05T17:31:00.1+02:00", dataschema: "a:b", partitionkey: "p", ext: "" }, null],
  ])("keep %s", (_, attributes, value) => {
    const event = parseEvent({ ...ATTRIBUTES, ...attributes });
    const record = toRecord("t", [], event);
    expect(record.value).toBe(value);
    expect(fromRecord(record)).toEqual(event);
  });

  it.each([
    ["bytes", { data_base64: "AP+A", datacontenttype: "image/png", n: 5 }],
    ["an event within an event", { data: { id: 1 }, datacontenttype: "application/cloudevents+json" }],
  ])("take structured mode for %s, which a text cannot carry", (_, attributes) => {
    const event = parseEvent({ ...ATTRIBUTES, ...attributes });
    const record = toRecord("t", [], event);
    expect(record.headers).toEqual({ "content-type": "application/cloudevents+json" });
    expect(fromRecord(record)).toEqual(event);
  });

  it("leave the record's key and the partitionkey to themselves", () => {
    const event = parseEvent({ ...ATTRIBUTES, partitionkey: "mine" });
    expect(fromRecord(toRecord("t", ["other"], event)).partitionkey).toBe("mine");
    expect(fromRecord(toRecord("t", ["other"], parseEvent(ATTRIBUTES)))).not.toHaveProperty("partitionkey");
  });

  it("read a content type that the cloudevents package has written twice", () => {
    const headers = { ...HEADERS, "content-type": "text/plain", ce_datacontenttype: "text/plain" };
    expect(fromRecord({ headers, value: "x" })).toEqual({ ...ATTRIBUTES, datacontenttype: "text/plain", data: "x" });
  });

  it("leave headers that are not the event's", () => {
    const headers = { ...HEADERS, cause: "x", "ce-id": "no", cex_y: "no", ["__proto__"]: "no" };
    expect(fromRecord({ headers, value: null })).toEqual(ATTRIBUTES);
  });

  it("read a value without a content type as bytes", () => {
    expect(fromRecord({ headers: HEADERS, value: "ü" })).toEqual({ ...ATTRIBUTES, data_base64: "w7w=" });
  });

  it.each([
    [{ ...HEADERS, ce_id: undefined }, null, "id"],
    [{ ...HEADERS, ce_id: Buffer.from("a-1") }, null, "id"],
    [{ ...HEADERS, ce_specversion: "0.3" }, null, "specversion"],
    [{ ...HEADERS, ce_time: "noon" }, null, "time"],
    [{ ...HEADERS, ce_data: "x" }, null, 'the header "ce_data"'],
    [{ ...HEADERS, ce_data_base64: "AAAA" }, null, 'the header "ce_data_base64"'],
    [{ ...HEADERS, ce_datacontenttype: "a/b" }, null, "the header ce_datacontenttype"],
    [{ ...HEADERS, ce_datacontenttype: "a/b", "content-type": "a/c" }, null, "the header ce_datacontenttype"],
    [{ ...HEADERS, ce___proto__: "x" }, null, 'the header "ce___proto__"'],
    [{ ...HEADERS, CE_ID: "x", ce_ID: "y" }, null, 'the header "ce_ID"'],
    [{ ...HEADERS, "content-type": "nonsense" }, "x", "datacontenttype"],
    [{ "content-type": "application/cloudevents+json" }, "{}", "specversion"],
    [{}, null, "specversion"],
  ])("refuse %j", (headers, value, attribute) => {
    const error = refused(headers, value);
    expect(error).toMatchObject({ code: "event-invalid", status: 400, details: { attribute } });
    expect(error.message).toMatch(/^The record's event is refused: /);
  });

  it.each([
    [{ ...HEADERS, "content-type": "application/json" }, "", "json-invalid"],
    [{ ...HEADERS, "content-type": "application/json" }, '{"__proto__":{"polluted":1}}', "json-poisoned"],
    [{ ...HEADERS, "content-type": "application/json;charset=utf-16" }, "1", "event-media-type"],
    [{ "content-type": "application/cloudevents+json" }, null, "json-invalid"],
    [{ "content-type": "application/cloudevents+avro" }, "x", "event-media-type"],
    [{ "content-type": "application/cloudevents-batch+json" }, "[]", "event-media-type"],
  ])("refuse %j with %j", (headers, value, code) => {
    expect(refused(headers, value).code).toBe(code);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("recordOf", () => {
  const parts = { topic: "verdicts", key: ["prod", "case", "key"], type: "dev.roundsman.case.verdict.v1", id: "v-1" };

  it("makes what toRecord makes", () => {
    const more = { source: "/clusters/prod/host", subject: "Pod/a/b", traceparent: "00-ab-cd-01" };
    const data = { outcome: "pass", text: "ü" };
    const record = recordOf({ ...parts, ...more, dataText: JSON.stringify(data) });
    expect(record).toEqual(
      toRecord(parts.topic, parts.key, makeEvent({ ...more, id: parts.id, type: parts.type, data })),
    );
    expect(fromRecord(record).data).toEqual(data);
  });

  it("makes a tombstone of null", () => {
    const record = recordOf({ ...parts, source: "/s", dataText: null });
    expect(record).toEqual(
      toRecord(parts.topic, parts.key, makeEvent({ ...parts, topic: undefined, key: undefined, source: "/s" })),
    );
    expect(record.value).toBeNull();
  });
});

describe("versions", () => {
  it.each([
    ["dev.roundsman.check.due.v3", "known"],
    ["dev.roundsman.check.due.v2", "known"],
    ["dev.roundsman.check.due.v1", "older"],
    ["dev.roundsman.check.due.v4", "newer"],
    ["dev.roundsman.check.due.v10", "newer"],
    ["dev.roundsman.check.due", "other"],
    ["dev.roundsman.check.due.v0", "other"],
    ["dev.roundsman.check.due.v03", "other"],
    ["dev.roundsman.check.due.v3x", "other"],
    ["dev.roundsman.check.v3", "other"],
    ["v3", "other"],
    ["", "other"],
  ])("%s is %s to a reader of v3", (type, expected) => {
    expect(readability(type, "dev.roundsman.check.due.v3")).toBe(expected);
  });

  it("knows a type without a version when it is the very one", () => {
    expect(readability("com.example.thing", "com.example.thing")).toBe("known");
    expect(readability("com.example.thing.v1", "com.example.thing")).toBe("other");
  });

  it("takes a type apart", () => {
    expect(typeVersion("a.b.v12")).toEqual({ name: "a.b", version: 12 });
    expect(typeVersion("a.b")).toBeUndefined();
  });
});
