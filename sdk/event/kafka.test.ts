import { CloudEvent, Kafka } from "cloudevents";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFault } from "../errors.ts";
import { type Event, makeEvent, parseEvent } from "./envelope.ts";
import { decodeKafka, encodeKafkaBinary, encodeKafkaStructured, type KafkaMessage } from "./kafka.ts";

const BASE = { specversion: "1.0", id: "a-1", source: "/src", type: "com.example.thing" } as const;
const CE = { ce_specversion: "1.0", ce_id: "a-1", ce_source: "/src", ce_type: "com.example.thing" };
const bytes = (headers: Readonly<Record<string, string>>): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));
const STRUCTURED = bytes({ "content-type": "application/cloudevents+json" });

describe("the Kafka codec", () => {
  it.each([
    ["no payload", {}, null],
    ["JSON", { data: { a: [1, "ö"] }, datacontenttype: "application/json" }, '{"a":[1,"ö"]}'],
    ["JSON null", { data: null, datacontenttype: "application/json" }, "null"],
    ["text", { data: "grüß", datacontenttype: "text/plain" }, "grüß"],
    ["empty text", { data: "", datacontenttype: "text/plain" }, ""],
    ["bytes", { data_base64: "AP+A", datacontenttype: "image/png" }, "\0\xff\x80"],
    ["bytes of no type", { data_base64: "AP+A" }, "\0\xff\x80"],
    [
      "all of the rest",
      { subject: "ü 1%", time: "2018-04-05T17:31:00.1+02:00", dataschema: "a:b", partitionkey: "p" },
      null,
    ],
  ])("keeps %s, in both modes", (name, attributes, value) => {
    const event = parseEvent({ ...BASE, ...attributes });
    const binary = encodeKafkaBinary(event);
    const encoding = name.startsWith("bytes") ? "latin1" : "utf8";
    expect(binary.value?.toString(encoding) ?? null).toBe(value);
    expect(decodeKafka({ ...binary, headers: bytes(binary.headers) })).toEqual(event);
    const structured = encodeKafkaStructured(event);
    expect(decodeKafka({ ...structured, headers: bytes(structured.headers) })).toEqual(event);
  });

  it("does not take the envelope's own type for a payload's", () => {
    const event = parseEvent({ ...BASE, data: { id: 1 }, datacontenttype: "application/cloudevents+json" });
    expect(() => encodeKafkaBinary(event)).toThrow(expect.objectContaining({ code: "event-invalid" }));
    expect(decodeKafka(encodeKafkaStructured(event))).toEqual(event);
  });

  const headers = bytes(CE);
  it.each([
    ["no headers", { headers: undefined, value: null }, "event-invalid"],
    ["no id", { headers: { ...headers, ce_id: undefined }, value: null }, "event-invalid"],
    [
      "an attribute twice",
      { headers: { ...headers, ce_id: [Buffer.from("a"), Buffer.from("b")] }, value: null },
      "event-invalid",
    ],
    [
      "a content type twice",
      { headers: { ...headers, "content-type": [Buffer.from("a/b"), Buffer.from("a/b")] }, value: null },
      "event-invalid",
    ],
    [
      "an attribute that is no UTF-8",
      { headers: { ...headers, ce_subject: Buffer.from([0xff]) }, value: null },
      "not-utf8",
    ],
    ["names in capitals", { headers: bytes({ CE_ID: "a", CE_SPECVERSION: "1.0" }), value: null }, "event-invalid"],
    ["a name that is none", { headers: { ...headers, ce___proto__: Buffer.from("x") }, value: null }, "event-invalid"],
    [
      "a payload among the headers",
      { headers: { ...headers, ce_data_base64: Buffer.from("AAAA") }, value: null },
      "event-invalid",
    ],
    [
      "ce_datacontenttype",
      { headers: { ...headers, ce_datacontenttype: Buffer.from("a/b") }, value: null },
      "event-invalid",
    ],
    ["specversion 0.3", { headers: { ...headers, ce_specversion: Buffer.from("0.3") }, value: null }, "event-invalid"],
    ["a time that is none", { headers: { ...headers, ce_time: Buffer.from("noon") }, value: null }, "event-invalid"],
    [
      "JSON that is none",
      { headers: { ...headers, ...bytes({ "content-type": "application/json" }) }, value: Buffer.from("x") },
      "json-invalid",
    ],
    [
      "poisoned JSON",
      {
        headers: { ...headers, ...bytes({ "content-type": "application/json" }) },
        value: Buffer.from('{"__proto__":{"x":1}}'),
      },
      "json-poisoned",
    ],
    [
      "text that is no UTF-8",
      { headers: { ...headers, ...bytes({ "content-type": "text/plain" }) }, value: Buffer.from([0xff]) },
      "not-utf8",
    ],
    [
      "another charset",
      { headers: { ...headers, ...bytes({ "content-type": "text/plain;charset=utf-16" }) }, value: Buffer.from("x") },
      "event-media-type",
    ],
    [
      "another format",
      { headers: bytes({ "content-type": "application/cloudevents+avro" }), value: Buffer.from("x") },
      "event-media-type",
    ],
    [
      "a batch",
      { headers: bytes({ "content-type": "application/cloudevents-batch+json" }), value: Buffer.from("[]") },
      "event-media-type",
    ],
    ["an envelope that is nothing", { headers: STRUCTURED, value: null }, "json-invalid"],
    ["an envelope that lacks all", { headers: STRUCTURED, value: Buffer.from("{}") }, "event-invalid"],
  ] as [string, KafkaMessage, string][])("refuses %s", (_, message, code) => {
    expect(() => decodeKafka(message)).toThrow(expect.objectContaining({ code }));
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("refuses or reads whatever comes, and never anything else", () => {
    const value = fc.option(fc.uint8Array({ maxLength: 80 }).map((one) => Buffer.from(one)));
    const name = fc.oneof(
      fc.constantFrom("content-type", "ce_id", "ce_time", "ce_source", "ce_x", "__proto__"),
      fc.string(),
    );
    const any = fc.dictionary(name, fc.oneof(fc.string(), fc.uint8Array({ maxLength: 12 })), { noNullPrototype: true });
    fc.assert(
      fc.property(any, value, fc.boolean(), (given, payload, isComplete) => {
        try {
          expect(
            parseEvent(decodeKafka({ headers: isComplete ? { ...headers, ...given } : given, value: payload })),
          ).toBeDefined();
        } catch (e) {
          if (!isFault(e) || e.status >= 500) throw e;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the cloudevents package as partner", () => {
  const theirs = (message: { headers: object; value: unknown }) =>
    Kafka.toEvent({
      headers: { ...message.headers },
      value: message.value,
      body: message.value,
    } as never) as CloudEvent<unknown>;
  const whole: Event = makeEvent({
    ...BASE,
    subject: "s",
    time: "2024-01-01T00:00:00.000Z",
    datacontenttype: "application/json",
    partitionkey: "p",
    ext: "x",
    data: { a: 1, b: "ö" },
  });

  it("reads what we write, but for the partitionkey, which it takes from the message's key", () => {
    const { partitionkey: _, ...event } = whole;
    const binary = encodeKafkaBinary(event as Event);
    const { value } = binary;
    expect(parseEvent({ ...theirs({ ...binary, value: value!.toString() }).toJSON() })).toEqual(event);
    const structured = encodeKafkaStructured(event as Event);
    expect(parseEvent({ ...theirs({ ...structured, value: structured.value!.toString() }).toJSON() })).toEqual(event);
  });

  it("writes what we read", () => {
    const author = new CloudEvent({ ...whole } as never);
    for (const message of [Kafka.binary(author), Kafka.structured(author)]) {
      const value = message.value;
      const text = typeof value === "string" ? value : JSON.stringify(value);
      expect(decodeKafka({ headers: message.headers as Record<string, string>, value: Buffer.from(text) })).toEqual(
        whole,
      );
    }
  });

  it("breaks on headers as kafkajs gives them, which we read", () => {
    const { headers, value } = encodeKafkaBinary(whole);
    expect(() => theirs({ headers: bytes(headers), value: value!.toString() })).toThrow(TypeError);
    expect(decodeKafka({ headers: bytes(headers), value })).toEqual(whole);
  });
});
