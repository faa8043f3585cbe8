import { describe, expect, it } from "vitest";
import { isFault, type RoundsmanError } from "../errors.ts";
import { type Event, makeEvent, type NewEvent, parseEvent } from "./envelope.ts";
import { encodeStructured } from "./http.ts";
import { parseJson } from "./json.ts";

const GOOD = { specversion: "1.0", id: "a-1", source: "/clusters/prod/watcher", type: "com.example.thing.v1" };

const refused = (make: () => unknown): RoundsmanError => {
  try {
    make();
  } catch (e) {
    if (isFault(e)) return e;
    throw e;
  }
  throw new Error("was accepted");
};

const without = (name: string) => Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name));

describe("parseEvent", () => {
  it.each([
    ["the least there is", {}],
    [
      "every attribute",
      { subject: "s", time: "2018-04-05T17:31:00Z", datacontenttype: "text/plain", dataschema: "a:b" },
    ],
    ["our extensions", { partitionkey: "prod", traceparent: "00-ab-cd-01", tracestate: "a=b" }],
    ["extensions of every type", { a: "text", b: true, c: false, d: 0, e: -2147483648, f: 2147483647, g: "" }],
    ["characters beyond ASCII", { id: "é 1", subject: "Müller 😀 \u{10fffd}", ext: "\u00a0\ufffd" }],
    ["a name of 64 characters", { ["a1".repeat(32)]: "x" }],
    ["data null", { data: null }],
    ["data of any JSON", { data: [1, "a", { b: [null, false] }] }],
    ["data that is a string, as JSON", { data: "text", datacontenttype: "application/json" }],
    ["data that is empty text", { data: "", datacontenttype: "text/plain" }],
    ["text in XML", { data: "<a/>", datacontenttype: "application/xml" }],
    ["JSON of a vendor", { data: { a: 1 }, datacontenttype: "application/vnd.acme+json; charset=utf-8" }],
    ["bytes", { data_base64: "AAEC/w==", datacontenttype: "image/png" }],
    ["no bytes", { data_base64: "" }],
    ["bytes of another charset", { data_base64: "5A==", datacontenttype: "text/plain; charset=iso-8859-1" }],
    ["names of version 0.3 as extensions", { schemaurl: "a", datacontentencoding: "b" }],
  ])("takes %s, and changes nothing", (_, attributes) => {
    const event = parseEvent({ ...GOOD, ...attributes });
    expect(event).toEqual({ ...GOOD, ...attributes });
    expect(Object.keys(event).sort()).toEqual(Object.keys({ ...GOOD, ...attributes }).sort());
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
  });

  it("takes null and undefined attributes for absent, and null data for a payload", () => {
    const absent = { subject: null, time: null, datacontenttype: null, dataschema: null, data_base64: null, ext: null };
    expect(Object.keys(parseEvent({ ...GOOD, ...absent }))).toEqual(Object.keys(GOOD));
    expect(Object.keys(parseEvent({ ...GOOD, subject: undefined, data: undefined }))).toEqual(Object.keys(GOOD));
    expect(Object.keys(parseEvent({ ...GOOD, data: null, data_base64: null }))).toContain("data");
  });

  it.each([
    ["specversion", without("specversion"), "is missing", '"1.0"'],
    ["specversion", { ...GOOD, specversion: "0.3" }, 'is "0.3"', '"1.0"'],
    ["specversion", { ...GOOD, specversion: "2.0" }, 'is "2.0"', '"1.0"'],
    ["specversion", { ...GOOD, specversion: "1.0 " }, 'is "1.0 "', '"1.0"'],
    ["specversion", { ...GOOD, specversion: 1 }, "is a number", '"1.0"'],
    ["specversion", { ...GOOD, specversion: "" }, "is empty", '"1.0"'],
    ["id", without("id"), "is missing", "a string"],
    ["id", { ...GOOD, id: null }, "is missing", "a string"],
    ["id", { ...GOOD, id: "" }, "is empty", "a string"],
    ["id", { ...GOOD, id: 25 }, "is a number", "a string"],
    ["id", { ...GOOD, id: { xyz: "abc" } }, "is an object", "a string"],
    ["id", { ...GOOD, id: ["a"] }, "is an array", "a string"],
    ["id", { ...GOOD, id: true }, "is a boolean", "a string"],
    ["id", { ...GOOD, id: "a\nb" }, "U+000A at position 1", "a string"],
    ["id", { ...GOOD, id: "\u007f" }, "U+007F", "a string"],
    ["id", { ...GOOD, id: "\u009b31m" }, "U+009B", "a string"],
    ["id", { ...GOOD, id: "a\ud800" }, "U+D800 at position 1", "a string"],
    ["id", { ...GOOD, id: "\udead\ud800" }, "U+DEAD at position 0", "a string"],
    ["id", { ...GOOD, id: "\ufffe" }, "U+FFFE", "a string"],
    ["id", { ...GOOD, id: "\ufdd0" }, "U+FDD0", "a string"],
    ["id", { ...GOOD, id: "\u{1ffff}" }, "U+1FFFF", "a string"],
    ["source", without("source"), "is missing", "a URI-reference"],
    ["source", { ...GOOD, source: "" }, "is empty", "a URI-reference"],
    ["source", { ...GOOD, source: "a b" }, "percent-encoded at position 1", "a URI-reference"],
    ["source", { ...GOOD, source: "http://[::1" }, "authority", "a URI-reference"],
    ["type", without("type"), "is missing", "a string"],
    ["type", { ...GOOD, type: "" }, "is empty", "a string"],
    ["type", { ...GOOD, type: 7 }, "is a number", "a string"],
    ["subject", { ...GOOD, subject: "" }, "is empty", "a string"],
    ["subject", { ...GOOD, subject: 1 }, "is a number", "a string"],
    ["subject", { ...GOOD, subject: "\u0000" }, "U+0000", "a string"],
    ["time", { ...GOOD, time: "" }, "is empty", "RFC 3339"],
    ["time", { ...GOOD, time: "yesterday" }, 'is "yesterday"', "RFC 3339"],
    ["time", { ...GOOD, time: "2018-02-30T00:00:00Z" }, "2018-02-30", "RFC 3339"],
    ["time", { ...GOOD, time: 1522949460000 }, "is a number", "RFC 3339"],
    ["time", { ...GOOD, time: new Date(0) }, "is an object", "RFC 3339"],
    ["datacontenttype", { ...GOOD, datacontenttype: "" }, "is empty", "a media type"],
    ["datacontenttype", { ...GOOD, datacontenttype: "xyz" }, 'is "xyz"', "a media type"],
    ["datacontenttype", { ...GOOD, datacontenttype: "a/b\r\nx: y" }, "U+000D", "a media type"],
    ["datacontenttype", { ...GOOD, datacontenttype: {} }, "is an object", "a media type"],
    ["dataschema", { ...GOOD, dataschema: "" }, "is empty", "an absolute URI"],
    ["dataschema", { ...GOOD, dataschema: "/schema" }, "has no scheme", "an absolute URI"],
    ["dataschema", { ...GOOD, dataschema: "a:b#c" }, "has a fragment", "an absolute URI"],
    ["partitionkey", { ...GOOD, partitionkey: "" }, "is empty", "a string"],
    ["partitionkey", { ...GOOD, partitionkey: 7 }, "is a number", "a string"],
    ["traceparent", { ...GOOD, traceparent: true }, "is a boolean", "a string"],
    ["ext", { ...GOOD, ext: 1.5 }, "is 1.5", "a whole number"],
    ["ext", { ...GOOD, ext: 2147483648 }, "is 2147483648", "a whole number"],
    ["ext", { ...GOOD, ext: Number.NaN }, "is NaN", "a whole number"],
    ["ext", { ...GOOD, ext: {} }, "is an object", "a string, a boolean"],
    ["ext", { ...GOOD, ext: [] }, "is an array", "a string, a boolean"],
    ["ext", { ...GOOD, ext: () => 1 }, "is a function", "a string, a boolean"],
    ["ext", { ...GOOD, ext: 1n }, "is a bigint", "a string, a boolean"],
    ["ext", { ...GOOD, ext: "\u0000" }, "U+0000", "a string, a boolean"],
    ['"MyExtension"', { ...GOOD, MyExtension: "bad" }, "no name", "a to z"],
    ['"my.extension"', { ...GOOD, "my.extension": "bad" }, "no name", "a to z"],
    ['"my_extension"', { ...GOOD, my_extension: null }, "no name", "a to z"],
    ['""', { ...GOOD, "": "bad" }, "no name", "a to z"],
    ['"toJSON"', { ...GOOD, toJSON: "bad" }, "no name", "a to z"],
    [`"${"a".repeat(60)}…"`, { ...GOOD, ["a".repeat(65)]: "bad" }, "no name", "1 to 64"],
    ["data", { ...GOOD, data: "text", data_base64: "AAAA" }, "comes with data_base64", "one of the two"],
    ["data", { ...GOOD, data: null, data_base64: "" }, "comes with data_base64", "one of the two"],
    ["data", { ...GOOD, data: () => 1 }, "is a function", "a JSON value"],
    ["data", { ...GOOD, data: 1n }, "is a bigint", "a JSON value"],
    ["data", { ...GOOD, data: new Uint8Array(2) }, "is binary", "data_base64"],
    ["data", { ...GOOD, data: new ArrayBuffer(2) }, "is binary", "data_base64"],
    ["data", { ...GOOD, data: { a: 1 }, datacontenttype: "text/plain" }, "is an object", "a string"],
    ["data", { ...GOOD, data: null, datacontenttype: "application/xml" }, "is null", "a string"],
    ["data", { ...GOOD, data: "\ud800", datacontenttype: "text/plain" }, "surrogate", "UTF-8"],
    ["data", { ...GOOD, data: "ä", datacontenttype: "text/plain; charset=latin1" }, '"latin1"', "utf-8"],
    ["data", { ...GOOD, data: {}, datacontenttype: "application/json; charset=utf-16" }, '"utf-16"', "utf-8"],
    ["data_base64", { ...GOOD, data_base64: "AAA" }, "no multiple of 4", "base64"],
    ["data_base64", { ...GOOD, data_base64: "AA-_" }, "position 2", "base64"],
    ["data_base64", { ...GOOD, data_base64: "AAA\n" }, "position 3", "base64"],
    ["data_base64", { ...GOOD, data_base64: "A===" }, "position 1", "base64"],
    ["data_base64", { ...GOOD, data_base64: "AA==AAAA" }, "position 2", "base64"],
    ["data_base64", { ...GOOD, data_base64: "AB==" }, "bits", "base64"],
    ["data_base64", { ...GOOD, data_base64: "AAB=" }, "bits", "base64"],
    ["data_base64", { ...GOOD, data_base64: new Uint8Array(1) }, "is an object", "base64"],
    ["it", [], "is an array", "an object"],
    ["it", [GOOD], "is an array", "an object"],
    ["it", "x", "is a string", "an object"],
    ["it", 1, "is a number", "an object"],
    ["it", null, "is null", "an object"],
    ["it", undefined, "is nothing", "an object"],
    ["specversion", new Date(), "is missing", '"1.0"'],
    ["specversion", Object.create(GOOD), "is missing", '"1.0"'],
  ])("names %s, case %#", (attribute, value, what, expected) => {
    const error = refused(() => parseEvent(value));
    expect(error).toMatchObject({ code: "event-invalid", status: 400, retry: false, details: { attribute } });
    expect(error.details.what).toContain(what);
    expect(error.details.expected).toContain(expected);
    expect(error.message).toBe(
      `The event is refused: ${attribute} ${error.details.what}; expected ${error.details.expected}.`,
    );
  });

  it("prints nothing of a stranger's text that a terminal could obey", () => {
    for (const nasty of ["\u001b[31m", "\u009b2J", "\u202e", "\u2028", "\ufeff", "\ud800"]) {
      const messages = [{ time: nasty }, { [nasty]: 1 }, { specversion: nasty }, { datacontenttype: nasty }];
      for (const attributes of messages) {
        const { message } = refused(() => parseEvent({ ...GOOD, ...attributes }));
        expect(message).toMatch(/^[\x20-\x7e…]*$/);
      }
    }
  });

  it("keeps its message short", () => {
    expect(refused(() => parseEvent({ ...GOOD, time: "9".repeat(1_000_000) })).message.length).toBeLessThan(250);
  });

  it("freezes, so that no attribute can be altered, added or taken away", () => {
    const event = parseEvent({ ...GOOD, ext: "x" }) as { [name: string]: unknown };
    expect(() => Object.assign(event, { id: "other" })).toThrow(TypeError);
    expect(() => Object.assign(event, { more: 1 })).toThrow(TypeError);
    expect(() => Reflect.deleteProperty(event, "ext") || expect.unreachable()).toThrow();
    expect(event).toEqual({ ...GOOD, ext: "x" });
  });

  it("does not keep the caller's object", () => {
    const mine = { ...GOOD };
    const event = parseEvent(mine);
    mine.id = "other";
    expect(event.id).toBe("a-1");
  });

  it("reads a getter once: what was checked is what is kept", () => {
    let reads = 0;
    const sly = {
      ...GOOD,
      get id() {
        reads++;
        return reads === 1 ? "good" : "\n";
      },
      get ext() {
        reads++;
        return reads === 2 ? "good" : {};
      },
    };
    expect(parseEvent(sly)).toMatchObject({ id: "good", ext: "good" });
    expect(reads).toBe(2);
  });

  it("lets no extension stand in for a method", () => {
    const names = ["validate", "emit", "constructor", "then", "clone", "tostring", "valueof", "inspect"];
    const given = { ...GOOD, ...Object.fromEntries(names.map((name) => [name, "x"])) };
    const event = parseEvent(given);
    expect(event).toEqual(given);
    expect(`${event}`).toBe("[object Object]");
    expect(JSON.parse(encodeStructured(event).body as string)).toEqual(given);
    expect(Promise.resolve(event)).toBeInstanceOf(Promise);
  });

  it("is not poisoned by __proto__, wherever it comes from", () => {
    const poisoned = JSON.parse(`{"specversion":"1.0","id":"a","source":"/a","type":"t","__proto__":{"polluted":1}}`);
    expect(refused(() => parseEvent(poisoned)).details.attribute).toBe('"__proto__"');
    const inherits = JSON.parse(`{"specversion":"1.0","source":"/a","type":"t","__proto__":{"id":"a"}}`);
    expect(refused(() => parseEvent(inherits)).details.attribute).toBe("id");
    expect(refused(() => parseEvent({ ...GOOD, ["__proto__"]: "x" })).details.attribute).toBe('"__proto__"');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("says which event it was", () => {
    expect(refused(() => parseEvent({}, "The event batch[3]")).message).toMatch(/^The event batch\[3\] is refused: /);
  });
});

describe("makeEvent", () => {
  const mine = { id: "a-1", source: "/clusters/prod/watcher", type: "com.example.thing.v1" };

  it("fills in what JSON implies", () => {
    expect(makeEvent(mine)).toEqual(GOOD);
    expect(makeEvent({ ...mine, data: null })).toEqual({ ...GOOD, data: null, datacontenttype: "application/json" });
    expect(makeEvent({ ...mine, data: "a", datacontenttype: "text/plain" }).datacontenttype).toBe("text/plain");
    expect(makeEvent({ ...mine, data_base64: "AAAA" }).datacontenttype).toBeUndefined();
  });

  it("takes undefined for absent", () => {
    expect(makeEvent({ ...mine, specversion: undefined, subject: undefined, time: undefined })).toEqual(GOOD);
  });

  it("keeps the type of its data", () => {
    const event: Event<{ a: number }> = makeEvent({ ...mine, data: { a: 1 } });
    expect(event.data?.a).toBe(1);
  });

  it("holds the same rules", () => {
    expect(refused(() => makeEvent({ ...mine, id: "" })).details.attribute).toBe("id");
    expect(refused(() => makeEvent({ ...mine, specversion: "2.0" } as unknown as NewEvent)).details.attribute).toBe(
      "specversion",
    );
    expect(refused(() => makeEvent({ ...mine, Bad: 1 })).details.attribute).toBe('"Bad"');
    expect(refused(() => makeEvent(parseJson('{"source":"/a","type":"t"}') as NewEvent)).details.attribute).toBe("id");
  });

  it("says at the latest when it is written that data is no JSON", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const vanishing = { toJSON: () => undefined };
    for (const data of [cycle, { deep: [1n] }, vanishing]) {
      const error = refused(() => encodeStructured(makeEvent({ ...mine, data })));
      expect(error).toMatchObject({ code: "event-invalid", details: { attribute: "data", expected: "a JSON value" } });
      expect(error.message).not.toContain("\n");
    }
  });
});
