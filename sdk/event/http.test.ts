import { describe, expect, it } from "vitest";
import { isFault, type RoundsmanError } from "../errors.ts";
import { makeEvent, parseEvent } from "./envelope.ts";
import { decodeHttp, encodeBatch, encodeBinary, encodeStructured } from "./http.ts";
import type { HttpInput } from "./http-headers.ts";

const CE = { "ce-specversion": "1.0", "ce-id": "a-1", "ce-source": "/src", "ce-type": "com.example.thing" };
const ATTRIBUTES = { specversion: "1.0", id: "a-1", source: "/src", type: "com.example.thing" };
const STRUCTURED = { "content-type": "application/cloudevents+json" };
const BATCHED = { "content-type": "application/cloudevents-batch+json" };

const refused = (input: HttpInput): RoundsmanError => {
  try {
    decodeHttp(input);
  } catch (e) {
    if (isFault(e)) return e;
    throw e;
  }
  throw new Error("was accepted");
};
const one = (input: HttpInput) => {
  const { events } = decodeHttp(input);
  expect(events).toHaveLength(1);
  return events[0];
};

describe("decodeHttp, binary", () => {
  it.each([
    ["no payload", {}, "", {}],
    [
      "JSON",
      { "content-type": "application/json" },
      '{"a":1}',
      { datacontenttype: "application/json", data: { a: 1 } },
    ],
    ["JSON null", { "content-type": "application/json" }, "null", { datacontenttype: "application/json", data: null }],
    ["+json", { "content-type": "application/x+json" }, "[1]", { datacontenttype: "application/x+json", data: [1] }],
    ["text", { "content-type": "text/plain" }, "grüß", { datacontenttype: "text/plain", data: "grüß" }],
    ["a type without a payload", { "content-type": "text/plain" }, "", { datacontenttype: "text/plain" }],
    [
      "XML stays bytes",
      { "content-type": "application/xml" },
      "<a/>",
      { datacontenttype: "application/xml", data_base64: "PGEvPg==" },
    ],
    ["bytes without a type", {}, "abc", { data_base64: "YWJj" }],
  ])("reads %s", (_, headers, body, expected) => {
    for (const bytes of [body, Buffer.from(body), new Uint8Array(Buffer.from(body))]) {
      const decoded = decodeHttp({ headers: { ...CE, ...headers }, body: bytes });
      expect(decoded).toEqual({ mode: "binary", events: [{ ...ATTRIBUTES, ...expected }] });
    }
  });

  it("reads bytes that are no text", () => {
    const body = Buffer.from([0, 255, 128]);
    expect(one({ headers: { ...CE, "content-type": "image/png" }, body })?.data_base64).toBe("AP+A");
  });

  it("reads headers in any case, and leaves those that are not its own", () => {
    const headers = { "CE-SpecVersion": "1.0", "Ce-Id": "a-1", "cE-source": "/src", "CE-TYPE": "com.example.thing" };
    expect(
      one({ headers: { ...headers, "x-ce-id": "no", cecil: "no", ce: "no", host: "h", undefinedone: undefined } }),
    ).toEqual(ATTRIBUTES);
  });

  it.each([
    ["plain", "plain"],
    ["with space", "with space"],
    ["Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"],
    ["%e2%82%ac", "€"],
    ["%41", "A"],
    ["100%25", "100%"],
    ["%2541", "%41"],
    ["%22", '"'],
    ["a+b", "a+b"],
    ['"quoted value"', "quoted value"],
    ['"with \\"escapes\\" and \\\\"', 'with "escapes" and \\'],
    ['"%E2%82%AC"', "€"],
    ["back\\slash", "back\\slash"],
    ["", ""],
  ])("decodes the header %j", (header, value) => {
    expect(one({ headers: { ...CE, "ce-ext": header } })?.ext).toBe(value);
  });

  it.each([
    ["%", "percent-encoding"],
    ["%4", "percent-encoding"],
    ["%zz", "percent-encoding"],
    ["%C0%A0", "percent-encoding"],
    ["%ED%A0%80", "percent-encoding"],
    ["%E2%82", "percent-encoding"],
    ["%FF", "percent-encoding"],
    ["%F4%90%80%80", "percent-encoding"],
    ['a"b', "double quote"],
    ['"', "double quote"],
    ['"a', "double quote"],
    ['"a"b', "double quote"],
    ['"a\\"', "double quote"],
    ["grÃ¼Ã\u009f", "must be percent-encoded at position 2"],
    ["€", "must be percent-encoded at position 0"],
    ["a\tb", "must be percent-encoded at position 1"],
    ["%0D%0Ax: y", "U+000D"],
    ["%00", "U+0000"],
    ["%C2%85", "U+0085"],
    ["%EF%BF%BE", "U+FFFE"],
    ["x".repeat(70_000), "70000 characters"],
  ])("refuses the header %.20j", (header, what) => {
    const error = refused({ headers: { ...CE, "ce-subject": header } });
    expect(error).toMatchObject({ code: "event-invalid", status: 400, details: { attribute: "subject" } });
    expect(error.details.what).toContain(what);
  });

  it.each([
    ["ce-datacontenttype", "application/json", "the header ce-datacontenttype"],
    ["ce-data", "x", 'the header "ce-data"'],
    ["ce-data_base64", "AAAA", 'the header "ce-data_base64"'],
    ["ce-", "x", 'the header "ce-"'],
    ["ce-my-ext", "x", 'the header "ce-my-ext"'],
    ["ce-__proto__", "x", 'the header "ce-__proto__"'],
    ["ce-subject", "", "subject"],
    ["ce-time", "noon", "time"],
    ["ce-specversion", "0.3", "specversion"],
    ["content-type", "", "datacontenttype"],
    ["content-type", "json", "datacontenttype"],
  ])("refuses %s: %s", (name, value, attribute) => {
    const error = refused({ headers: { ...CE, [name]: value } });
    expect(error).toMatchObject({ code: "event-invalid", status: 400, details: { attribute } });
  });

  it.each(["ce-specversion", "ce-id", "ce-source", "ce-type"])("refuses a message without %s", (missing) => {
    const headers = { ...CE, [missing]: undefined };
    expect(refused({ headers }).details).toMatchObject({ attribute: missing.slice(3), what: "is missing" });
  });

  it("refuses a header that comes twice, which Node hides in `headers`", () => {
    const raw = Object.entries(CE).flat();
    const joined = { ...CE, "ce-id": "a-1, a-2" };
    expect(refused({ headers: joined, rawHeaders: [...raw, "CE-ID", "a-2"] }).details).toMatchObject({
      attribute: "the header ce-id",
      what: "comes twice",
    });
    const types = ["content-type", "text/plain", "Content-Type", "application/json"];
    expect(refused({ headers: CE, rawHeaders: [...raw, ...types] }).details.attribute).toBe("the header content-type");
    expect(refused({ headers: { ...CE, "ce-ext": ["a", "b"] } }).details.attribute).toBe("the header ce-ext");
    expect(refused({ headers: { ...CE, "CE-Id": "a-1" } }).details.attribute).toBe("the header ce-id");
    expect(one({ headers: joined, rawHeaders: [...raw, "accept", "a", "accept", "b"] })?.id).toBe("a-1");
  });

  it("refuses a header that is no string", () => {
    const headers = { ...CE, "ce-n": 5 } as unknown as Record<string, string>;
    expect(refused({ headers }).details).toMatchObject({ attribute: 'the header "ce-n"', what: "is a number" });
  });

  it("says what to send where there is no event at all", () => {
    const error = refused({ headers: { "content-type": "application/json" }, body: "{}" });
    expect(error.status).toBe(400);
    expect(error.message).toContain(
      "holds no CloudEvent; expected ce- headers, or the content type application/cloudevents+json",
    );
  });

  it.each([
    ["application/json", "{", 400, "json-invalid"],
    ["application/json", " ", 400, "json-invalid"],
    ["application/json", '{"__proto__":{"polluted":1}}', 400, "json-poisoned"],
    ["application/json", "[".repeat(500), 400, "json-invalid"],
    ["application/json", "[".repeat(500) + "]".repeat(500), 400, "json-too-deep"],
    ["application/json", Buffer.from([0x22, 0xff, 0x22]), 400, "not-utf8"],
    ["application/json; charset=utf-16", "{}", 415, "event-media-type"],
    ["text/plain; charset=iso-8859-1", "a", 415, "event-media-type"],
    ["text/plain", Buffer.from([0xff]), 400, "not-utf8"],
  ])("refuses a payload of %s: %.20j", (type, body, status, code) => {
    expect(refused({ headers: { ...CE, "content-type": type }, body })).toMatchObject({ status, code });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("refuses a compressed body rather than to read it as it is not", () => {
    const headers = { ...CE, "content-type": "application/json", "content-encoding": "gzip" };
    expect(refused({ headers, body: Buffer.from([0x1f, 0x8b]) })).toMatchObject({ status: 415 });
    expect(one({ headers: { ...headers, "content-encoding": "Identity" }, body: "1" })?.data).toBe(1);
  });
});

describe("decodeHttp, structured", () => {
  it.each([
    "application/cloudevents+json",
    "Application/CloudEvents+JSON; charset=UTF-8",
    'application/cloudevents+json;charset="utf-8"',
  ])("reads %s, and takes no notice of ce- headers", (type) => {
    const body = JSON.stringify({ ...ATTRIBUTES, ext: 5, data: { __a: 1 } });
    const decoded = decodeHttp({ headers: { "content-type": type, "ce-id": "other", "ce-bad name": "x" }, body });
    expect(decoded).toEqual({ mode: "structured", events: [{ ...ATTRIBUTES, ext: 5, data: { __a: 1 } }] });
  });

  it.each([
    ["application/cloudevents+xml", "<a/>"],
    ["application/cloudevents+avro", "x"],
    ["application/cloudevents", "{}"],
    ["application/cloudevents-batch", "[]"],
    ["application/cloudevents-batch+xml", "[]"],
    ["application/cloudeventsx+json", "{}"],
    ["application/cloudevents+json; charset", "{}"],
    ["application/cloudevents+json; charset=utf-16", "{}"],
    ["application/cloudevents-batch+json; charset=latin1", "[]"],
  ])("answers 415 to %s", (type, body) => {
    const error = refused({ headers: { ...CE, "content-type": type }, body });
    expect(error).toMatchObject({ code: "event-media-type", status: 415 });
    expect(error.message).toMatch(/send (application\/cloudevents\+json or|charset=utf-8)/);
  });

  it.each([
    ["", "json-invalid"],
    ["null", "event-invalid"],
    ["[]", "event-invalid"],
    ['"x"', "event-invalid"],
    [`[${JSON.stringify(ATTRIBUTES)}]`, "event-invalid"],
    [JSON.stringify({ ...ATTRIBUTES, id: undefined }), "event-invalid"],
    ['{"specversion":"1.0","id":"a","source":"/a","type":"t","__proto__":{"polluted":1}}', "json-poisoned"],
    [
      '{"specversion":"1.0","id":"a","source":"/a","type":"t","data":{"constructor":{"prototype":{}}}}',
      "json-poisoned",
    ],
    ['{"specversion":"1.0","id":"a\\ud800","source":"/a","type":"t"}', "event-invalid"],
  ])("refuses %s", (body, code) => {
    expect(refused({ headers: STRUCTURED, body })).toMatchObject({ code, status: 400 });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("takes the last of duplicate keys", () => {
    const body = '{"specversion":"1.0","id":"a","source":"/a","type":"t","id":"b"}';
    expect(one({ headers: STRUCTURED, body })?.id).toBe("b");
  });
});

describe("decodeHttp, batched", () => {
  it("reads any number of events, none too", () => {
    expect(decodeHttp({ headers: BATCHED, body: "[]" })).toEqual({ mode: "batched", events: [] });
    const body = JSON.stringify([ATTRIBUTES, { ...ATTRIBUTES, id: "a-2", data: 1 }]);
    const headers = { "content-type": "application/cloudevents-batch+json; charset=utf-8" };
    expect(decodeHttp({ headers, body })).toEqual({
      mode: "batched",
      events: [ATTRIBUTES, { ...ATTRIBUTES, id: "a-2", data: 1 }],
    });
  });

  it.each([
    [[ATTRIBUTES, { ...ATTRIBUTES, specversion: "0.9" }], "The event batch[1] is refused: specversion"],
    [["not an object", ATTRIBUTES], "The event batch[0] is refused: it is a string"],
    [[ATTRIBUTES, ATTRIBUTES, [ATTRIBUTES]], "The event batch[2] is refused: it is an array"],
    [ATTRIBUTES, "The batch is refused: it is no array"],
    [null, "The batch is refused: it is no array"],
  ])("names the index of what it refuses: %j", (batch, message) => {
    const error = refused({ headers: BATCHED, body: JSON.stringify(batch) });
    expect(error.status).toBe(400);
    expect(error.message).toContain(message);
  });
});

describe("encode", () => {
  it("percent-encodes exactly what the binding says", () => {
    const event = makeEvent({ id: 'Euro € 😀 "100%" \\', source: "/src", type: "t", n: 5, b: true, e: "" });
    expect(encodeBinary(event)).toEqual({
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "Euro%20%E2%82%AC%20%F0%9F%98%80%20%22100%25%22%20\\",
        "ce-source": "/src",
        "ce-type": "t",
        "ce-n": "5",
        "ce-b": "true",
        "ce-e": "",
      },
      body: "",
    });
  });

  it("names the content type that JSON data implies", () => {
    const event = parseEvent({ ...ATTRIBUTES, data: { a: "ü" } });
    const { headers, body } = encodeBinary(event);
    expect(headers["content-type"]).toBe("application/json");
    expect(body).toBe('{"a":"ü"}');
    expect(encodeStructured(event)).toEqual({
      headers: { "content-type": "application/cloudevents+json; charset=utf-8" },
      body: JSON.stringify(event),
    });
  });

  it("writes bytes as bytes", () => {
    const { headers, body } = encodeBinary(parseEvent({ ...ATTRIBUTES, data_base64: "AP+A" }));
    expect(headers["content-type"]).toBeUndefined();
    expect([...(body as Uint8Array)]).toEqual([0, 255, 128]);
  });

  it("does not let an event's data pass for an envelope", () => {
    const event = parseEvent({ ...ATTRIBUTES, datacontenttype: "Application/CloudEvents+json", data: { id: "inner" } });
    expect(() => encodeBinary(event)).toThrow(/binary mode.*expected structured mode/);
    expect(one(encodeStructured(event))).toEqual(event);
  });

  it("writes a batch, and names the index of what it refuses", () => {
    const event = parseEvent(ATTRIBUTES);
    expect(encodeBatch([]).body).toBe("[]");
    expect(JSON.parse(encodeBatch([event, event]).body as string)).toEqual([event, event]);
    expect(() => encodeBatch([event, { ...event, id: "" }])).toThrow("The event batch[1] is refused: id is empty");
  });

  it("writes nothing that was not checked", () => {
    const forged = { ...ATTRIBUTES, "x\r\ninjected": "1" } as never;
    for (const encode of [encodeBinary, encodeStructured]) expect(() => encode(forged)).toThrow(/no name/);
  });
});
