import { CloudEvent, type CloudEventV1, HTTP, Kafka, type Message } from "cloudevents";
import { describe, expect, it } from "vitest";
import { isFault } from "../errors.ts";
import { fromCloudEvent, toCloudEventV1 } from "./cloudevent.ts";
import { type Event, makeEvent, parseEvent } from "./envelope.ts";
import { decodeHttp, encodeBatch, encodeBinary, encodeStructured } from "./http.ts";
import { fromRecord } from "./record.ts";

/** The `cloudevents` package as partner: what it is too kind to is refused here, what is valid both read alike. */
const BASE = { specversion: "1.0", id: "a-1", source: "/src", type: "com.example.thing" };
const CE = { "ce-specversion": "1.0", "ce-id": "a-1", "ce-source": "/src", "ce-type": "com.example.thing" };
const STRUCTURED = { "content-type": "application/cloudevents+json" };
const BATCHED = { "content-type": "application/cloudevents-batch+json" };

type Sent = { headers: Record<string, string>; body: string };
const structured = (event: unknown): Sent => ({ headers: STRUCTURED, body: JSON.stringify(event) });
const binary = (headers: object, body = ""): Sent => ({ headers: { ...CE, ...headers }, body });

const theirs = ({ headers, body }: { headers: object; body: unknown }) =>
  HTTP.toEvent({ headers: { ...headers }, body } as Message) as CloudEvent<unknown>;

describe("what cloudevents 10 accepts and we refuse", () => {
  const LENIENT: [string, Sent][] = [
    ["no id: it makes one up, which ends deduplication", structured({ ...BASE, id: undefined })],
    ["an empty id", structured({ ...BASE, id: "" })],
    ["an id that is a number", structured({ ...BASE, id: 5 })],
    ["no source", structured({ ...BASE, source: undefined })],
    ["an empty source", structured({ ...BASE, source: "" })],
    ["a source that is no URI-reference", structured({ ...BASE, source: "a b" })],
    ["no type", structured({ ...BASE, type: undefined })],
    ["an empty type", structured({ ...BASE, type: "" })],
    ["no specversion", structured({ ...BASE, specversion: undefined })],
    ["specversion 2.0", structured({ ...BASE, specversion: "2.0" })],
    ["a time that is none: it takes the present", structured({ ...BASE, time: "noon" })],
    ["an array", structured([])],
    ["a string", structured("x")],
    ["a number", structured(1)],
    ["base64 that is none", structured({ ...BASE, data_base64: "***" })],
    ["data and data_base64", structured({ ...BASE, data: 1, data_base64: "AAAA" })],
    ["an extension that is an object", structured({ ...BASE, ext: { a: 1 } })],
    ["an extension that is a fraction", structured({ ...BASE, ext: 1.5 })],
    ["an extension in capitals", structured({ ...BASE, MyExtension: "x" })],
    ["control characters", structured({ ...BASE, subject: "a\nb" })],
    ["a content type that is none", structured({ ...BASE, datacontenttype: "xyz" })],
    ["a schema that is no URI", structured({ ...BASE, dataschema: "nope" })],
    ["text that is an object", structured({ ...BASE, datacontenttype: "text/plain", data: {} })],
    [
      "poisoned data",
      { headers: STRUCTURED, body: `${JSON.stringify(BASE).slice(0, -1)},"data":{"__proto__":{"x":1}}}` },
    ],
    ["a batch with a bad event", { headers: BATCHED, body: JSON.stringify([{ ...BASE, id: undefined }]) }],
    ["headers without source and type", { headers: { "ce-id": "a-1" }, body: "" }],
    ["a percent-encoding that is none", binary({ "ce-subject": "%zz" })],
    ["a time in a header that is none", binary({ "ce-time": "noon" })],
    ["JSON that is none", binary({ "content-type": "application/json" }, "not json")],
    ["poisoned JSON", binary({ "content-type": "application/json" }, '{"__proto__":{"x":1}}')],
    ["ce-datacontenttype", binary({ "ce-datacontenttype": "a/b" })],
  ];

  it.each(LENIENT)("%s", (_, sent) => {
    expect(theirs(sent)).toBeTypeOf("object");
    try {
      decodeHttp(sent);
    } catch (e) {
      expect(isFault(e) && e.status).toBe(400);
      return;
    }
    expect.unreachable();
  });

  it("an extension in place of a method", () => {
    const sent = structured({ ...BASE, validate: "x", emit: "y" });
    expect(theirs(sent).validate).toBe("x");
    // Valid by the specification: ours have no methods that could be replaced.
    expect(decodeHttp(sent).events[0]).toEqual({ ...BASE, validate: "x", emit: "y" });
  });

  it("bytes as 32-bit numbers, where ours stay base64", () => {
    const sent = structured({ ...BASE, data_base64: "AP+A" });
    expect(theirs(sent).data).toBeInstanceOf(Uint32Array);
    expect(decodeHttp(sent).events[0]?.data_base64).toBe("AP+A");
  });

  it("header values as they are, where ours are decoded", () => {
    const sent = binary({ "ce-subject": "Euro%20%E2%82%AC", "ce-ext": '"a b"' });
    expect(theirs(sent)).toMatchObject({ subject: "Euro%20%E2%82%AC", ext: '"a b"' });
    expect(decodeHttp(sent).events[0]).toMatchObject({ subject: "Euro €", ext: "a b" });
  });

  it("records: it breaks on what is valid, and overwrites partitionkey", () => {
    const kafka = (record: object) => Kafka.toEvent(record as Message) as CloudEvent;
    const headers = { ce_specversion: "1.0", ce_id: "a-1", ce_source: "/src", ce_type: "com.example.thing" };
    expect(() =>
      kafka({ headers: { "content-type": "application/cloudevents+json" }, value: JSON.stringify(BASE) }),
    ).toThrow();
    expect(() => kafka({ headers, value: null })).toThrow();
    expect(() => kafka({ headers: { ...headers, "content-type": Buffer.from("text/plain") }, value: "x" })).toThrow(
      TypeError,
    );
    expect(kafka({ headers: { ...headers, ce_partitionkey: "mine" }, value: "x", key: "other" }).partitionkey).toBe(
      "other",
    );

    expect(
      fromRecord({ headers: { "content-type": "application/cloudevents+json" }, value: JSON.stringify(BASE) }),
    ).toEqual(BASE);
    expect(fromRecord({ headers, value: null })).toEqual(BASE);
    expect(fromRecord({ headers: { ...headers, ce_partitionkey: "mine" }, value: null }).partitionkey).toBe("mine");
  });
});

describe("what is valid, both read alike", () => {
  const TIME = { time: "2018-04-05T17:31:00.000Z" };
  const VALID: [string, Record<string, unknown>][] = [
    ["JSON", { datacontenttype: "application/json", data: { a: [1, "b", null] } }],
    ["JSON with a charset", { datacontenttype: "application/json; charset=utf-8", data: { a: 1 } }],
    ["a string in JSON", { datacontenttype: "application/json", data: "text" }],
    ["a list in JSON", { datacontenttype: "application/json", data: [1, 2] }],
    ["text", { datacontenttype: "text/plain", data: "grüß dich" }],
    [
      "every attribute",
      { subject: "Pod/ns/name", dataschema: "https://example.com/s", datacontenttype: "application/json", data: {} },
    ],
    [
      "extensions",
      { partitionkey: "p", traceparent: "00-ab-cd-01", ext: "x", datacontenttype: "application/json", data: {} },
    ],
  ];

  it.each(VALID)("%s", (_, attributes) => {
    const event = parseEvent({ ...BASE, ...TIME, ...attributes });
    const ours = [encodeBinary(event), encodeStructured(event)];
    for (const message of ours) expect(fromCloudEvent(theirs(message))).toEqual(event);
    const [batch] = HTTP.toEvent(encodeBatch([event]) as unknown as Message) as CloudEventV1<unknown>[];
    expect(fromCloudEvent(batch as CloudEventV1<unknown>)).toEqual(event);

    const author = new CloudEvent(toCloudEventV1(event));
    const inBinary = HTTP.binary(author);
    // It leaves strings in JSON without their quotes.
    if (typeof event.data !== "string" || event.datacontenttype === "text/plain") {
      expect(
        decodeHttp({ headers: inBinary.headers as Record<string, string>, body: String(inBinary.body) }).events,
      ).toEqual([event]);
    }
    const inStructured = HTTP.structured(author);
    expect(
      decodeHttp({ headers: inStructured.headers as Record<string, string>, body: inStructured.body as string }).events,
    ).toEqual([event]);
  });

  it("bytes", () => {
    const event = parseEvent({ ...BASE, ...TIME, datacontenttype: "image/png", data_base64: "AP+A" });
    const author = new CloudEvent(toCloudEventV1(event));
    expect(fromCloudEvent(author)).toEqual(event);
    expect(fromCloudEvent(theirs(encodeStructured(event)))).toEqual(event);
    const message = HTTP.structured(author);
    expect(
      decodeHttp({ headers: message.headers as Record<string, string>, body: message.body as string }).events,
    ).toEqual([event]);
    const inBinary = HTTP.binary(author);
    expect(
      decodeHttp({ headers: inBinary.headers as Record<string, string>, body: inBinary.body as Uint8Array }).events,
    ).toEqual([event]);
  });
});

describe("fromCloudEvent and toCloudEventV1", () => {
  it("take what an author makes", () => {
    const event: Event<{ a: number }> = fromCloudEvent(new CloudEvent({ source: "/s", type: "t", data: { a: 1 } }));
    expect(event.data).toEqual({ a: 1 });
    expect(event.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(Object.keys(event).sort()).toEqual(["data", "id", "source", "specversion", "time", "type"]);
  });

  it("take bytes, from the class and from a plain object", () => {
    const data = Uint8Array.from([0, 255, 128]);
    expect(fromCloudEvent(new CloudEvent({ ...BASE, data })).data_base64).toBe("AP+A");
    expect(fromCloudEvent({ ...BASE, data }).data_base64).toBe("AP+A");
    expect(() => fromCloudEvent({ ...BASE, data: new Uint32Array(2) })).toThrow("expected a Uint8Array");
  });

  it("hold the same rules", () => {
    expect(() => fromCloudEvent(new CloudEvent({ ...BASE, id: "a\n" }))).toThrow(/id holds the character U\+000A/);
    expect(() => fromCloudEvent(new CloudEvent({ ...BASE, ext: { a: 1 } } as never))).toThrow(/ext is an object/);
    expect(() => fromCloudEvent(new CloudEvent({ ...BASE, specversion: "0.3" }, false))).toThrow(/specversion/);
  });

  it("give a copy that may be altered", () => {
    const event = makeEvent({ id: "a", source: "/s", type: "t", data: { a: 1 } });
    const copy: CloudEventV1<{ a: number }> = toCloudEventV1(event);
    copy.subject = "mine";
    expect(event.subject).toBeUndefined();
    expect(fromCloudEvent(copy)).toEqual({ ...event, subject: "mine" });
  });
});
