import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { isFault } from "../errors.ts";
import { type Event, parseEvent } from "./envelope.ts";
import { decodeHttp, encodeBatch, encodeBinary, encodeStructured, type HttpMessage } from "./http.ts";
import type { HttpInput } from "./http-headers.ts";
import { parseJson } from "./json.ts";
import { fromRecord, toRecord } from "./record.ts";

// Any character that CloudEvents allows, written apart from the code under test; the awkward ones often.
const allowed = (code: number): boolean =>
  code > 0x1f &&
  !(code >= 0x7f && code <= 0x9f) &&
  !(code >= 0xd800 && code <= 0xdfff) &&
  !(code >= 0xfdd0 && code <= 0xfdef) &&
  (code & 0xfffe) !== 0xfffe;
const character = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)) },
  { weight: 2, arbitrary: fc.constantFrom(" ", '"', "%", "\\", "%41", "é", "€", "😀", "\u00a0", "\ufeff", ",", ";") },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 0xa0, max: 0x10ffff })
      .filter(allowed)
      .map((code) => String.fromCodePoint(code)),
  },
);
const maybeEmpty = fc.string({ unit: character, maxLength: 30 });
const text = fc.string({ unit: character, minLength: 1, maxLength: 30 });

const segment = fc.string({
  unit: fc.constantFrom(..."abcXYZ019-._~!$&'()*+,;=@%41".split(""), "%C3%BC").filter((c) => c !== "%"),
  maxLength: 12,
});
const source = fc.oneof(
  fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/x${parts.join("/")}`),
  fc.tuple(fc.constantFrom("https", "urn", "a+b.c-1"), segment).map(([scheme, rest]) => `${scheme}:${rest}`),
  fc.tuple(segment, segment).map(([path, rest]) => `//user@host:80/${path}?${rest}#${rest}`),
  fc.constantFrom("http://[::1]:8080/", "#f", "?q", "."),
);
const time = fc
  .tuple(
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-01-01") }),
    fc.constantFrom("Z", "z", "+00:00", "-23:59", "+05:30"),
    fc.nat(999),
  )
  .map(([date, zone, fraction]) => `${date.toISOString().slice(0, 19)}.${fraction}${zone}`);

const scalar = fc.oneof(maybeEmpty, fc.boolean(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const known = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "datacontenttype",
  "dataschema",
  "data",
]);
const extensionName = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(..."abcxyz0189".split("")), minLength: 1, maxLength: 20 }),
    fc.constantFrom("constructor", "validate", "then", "tojson"),
  )
  .filter((name) => !known.has(name));
const extensions = fc.dictionary(extensionName, scalar, { maxKeys: 4, noNullPrototype: true });

const poisonous = /__proto__|constructor|prototype|:-0[,}\]]|^-0$|\[-0|,-0/;
const json = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !poisonous.test(JSON.stringify(value)) && !hasMinusZero(value));
const hasMinusZero = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.values(value).some(hasMinusZero) : Object.is(value, -0);

const payload = fc.oneof(
  fc.constant({}),
  fc.record({ datacontenttype: fc.constantFrom("application/json", "text/plain", "image/png", 'a/b; c="d e"') }),
  fc.record({ data: json }),
  fc.record({
    datacontenttype: fc.constantFrom("application/json", "application/x+json; charset=UTF-8", "text/json"),
    data: json,
  }),
  fc.record({
    datacontenttype: fc.constantFrom("text/plain", "text/csv;charset=utf-8", "application/xml"),
    data: maybeEmpty,
  }),
  fc.record(
    {
      datacontenttype: fc.constantFrom("image/png", "application/octet-stream"),
      data_base64: fc.uint8Array().map((b) => Buffer.from(b).toString("base64")),
    },
    { requiredKeys: ["data_base64"] },
  ),
);

const event = fc
  .tuple(
    fc.record({ specversion: fc.constant("1.0"), id: text, source, type: text }),
    fc.record(
      {
        subject: text,
        time,
        dataschema: fc.constantFrom("https://example.com/s?v=1", "urn:a"),
        partitionkey: text,
        traceparent: text,
      },
      { requiredKeys: [] },
    ),
    extensions,
    payload,
  )
  .map(
    ([required, optional, extra, content]) => ({ ...extra, ...required, ...optional, ...content }) as unknown as Event,
  );

/** What binary mode keeps of an event: extensions are strings, JSON is named, an empty payload is none, XML is bytes. */
const inBinary = (given: Event): Record<string, unknown> => {
  const kept: Record<string, unknown> = inRecord(given);
  if (kept.data === "" && kept.datacontenttype !== "application/json" && !String(kept.datacontenttype).includes("json"))
    delete kept.data;
  if (kept.data_base64 === "") delete kept.data_base64;
  if (kept.datacontenttype === "application/xml" && typeof kept.data === "string") {
    kept.data_base64 = Buffer.from(kept.data).toString("base64");
    delete kept.data;
  }
  return kept;
};
const inRecord = (given: Event): Record<string, unknown> => {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) kept[name] = name === "data" ? value : String(value);
  if (given.data !== undefined) kept.datacontenttype ??= "application/json";
  return kept;
};

const received = ({ headers, body }: HttpMessage): HttpInput => ({
  headers,
  rawHeaders: Object.entries(headers).flat(),
  body: Buffer.from(body as string),
});

const prototypeBefore = Object.getOwnPropertyNames(Object.prototype).sort();
afterEach(() => expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(prototypeBefore));

describe("round trips over any valid event", () => {
  it("are the identity in structured and batched mode", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 3 }), (events) => {
        for (const one of events) {
          expect(parseEvent(one)).toEqual(one);
          expect(decodeHttp(received(encodeStructured(one)))).toEqual({ mode: "structured", events: [one] });
        }
        expect(decodeHttp(received(encodeBatch(events)))).toEqual({ mode: "batched", events });
      }),
      { numRuns: 400 },
    );
  });

  it("are the identity in binary mode, of what that mode can say; headers are printable ASCII", () => {
    fc.assert(
      fc.property(event, (one) => {
        const message = encodeBinary(one);
        for (const value of Object.values(message.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
        const once = decodeHttp(received(message));
        expect(once).toEqual({ mode: "binary", events: [inBinary(one)] });
        expect(decodeHttp(received(encodeBinary(once.events[0] as Event)))).toEqual(once);
      }),
      { numRuns: 800 },
    );
  });

  it("are the identity in records, of what binary mode can say; bytes go structured and stay whole", () => {
    fc.assert(
      fc.property(event, (one) => {
        const record = toRecord("t", ["k"], one);
        expect(fromRecord(record)).toEqual(one.data_base64 === undefined ? inRecord(one) : one);
      }),
      { numRuns: 800 },
    );
  });
});

/** Pieces that parsers stumble over. */
const piece = fc.oneof(
  fc.constantFrom(
    ..."{}[]\",:%\\ \t\r\n\0=;/#'".split(""),
    '"__proto__":{"polluted":1},',
    '"constructor":{"prototype":{"polluted":1}},',
    '"\\u005f_proto__":1,',
    '"\\ud800"',
    "\\u0000",
    "null",
    "-0",
    "1e999",
    "[".repeat(300),
    "]".repeat(300),
    "%C0%A0",
    "%zz",
    "\ud800",
    "\ufffe",
    "\ufeff",
    "é",
    "😀",
    ',"id":"b"',
    ',"data_base64":"AAAA"',
  ),
  maybeEmpty,
);
interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly put: string;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(6),
  put: piece,
});
const mutate = (given: string, edits: readonly Edit[]): string =>
  edits.reduce((now, { at, cut, put }) => {
    const start = Math.floor(at * now.length);
    return now.slice(0, start) + put + now.slice(start + cut);
  }, given);
/** Nearly always few edits, so that many inputs get deep into the code. */
const edits = fc.array(edit, { maxLength: 3 });
const headerEdit = fc.record({
  name: fc.constantFrom(
    "ce-id",
    "CE-ID",
    "ce-time",
    "ce-__proto__",
    "ce-constructor",
    "ce-x",
    "ce-data",
    "content-type",
    "Content-Encoding",
    "__proto__",
  ),
  value: fc.oneof(
    piece,
    text,
    fc.constantFrom(
      "application/json",
      "application/cloudevents+json",
      "application/cloudevents-batch+json",
      "text/plain; charset=utf-16",
    ),
  ),
});
const flips = fc.array(fc.record({ at: fc.nat(2000), byte: fc.integer({ min: 0, max: 255 }) }), { maxLength: 2 });

describe("mutated messages", () => {
  it("are read or refused with 400 or 415, and never anything else", () => {
    const outcomes = { read: 0, 400: 0, 415: 0 };
    const encoders = [encodeBinary, encodeStructured, (one: Event) => encodeBatch([one, one])];
    fc.assert(
      fc.property(
        event,
        fc.constantFrom(...encoders),
        edits,
        fc.array(headerEdit, { maxLength: 1 }),
        flips,
        (one, encode, cuts, more, bytes) => {
          const { headers, body } = encode(one);
          const raw = Object.entries(headers).flat();
          for (const { name, value } of more) raw.push(name, value);
          const sent = Buffer.from(typeof body === "string" ? mutate(body, cuts) : body);
          for (const { at, byte } of bytes) if (at < sent.length) sent[at] = byte;
          try {
            const { events } = decodeHttp({ headers, rawHeaders: raw, body: sent });
            for (const accepted of events) expect(parseEvent(accepted)).toEqual(accepted);
            outcomes.read++;
          } catch (e) {
            if (!isFault(e) || (e.status !== 400 && e.status !== 415)) throw e;
            expect(e.message).not.toMatch(/[\p{Cc}\p{Cs}]/u);
            outcomes[e.status]++;
          }
        },
      ),
      { numRuns: 4000 },
    );
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(20);
  });

  it("hold for records too", () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(event, edits, fc.array(headerEdit, { maxLength: 1 }), (one, cuts, more) => {
        const { headers, value } = toRecord("t", [], one);
        const changed = [
          ...Object.entries(headers),
          ...more.map((m) => [m.name.toLowerCase().replace("-", "_"), m.value] as const),
        ];
        try {
          const accepted = fromRecord({
            headers: Object.fromEntries(changed),
            value: value === null ? null : mutate(value, cuts),
          });
          expect(parseEvent(accepted)).toEqual(accepted);
          outcomes.read++;
        } catch (e) {
          if (!isFault(e) || (e.status !== 400 && e.status !== 415)) throw e;
          outcomes.refused++;
        }
      }),
      { numRuns: 1500 },
    );
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(50);
  });
});

describe("parseJson", () => {
  it("agrees with JSON.parse on what is JSON, and finds a place in what is none", () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(json, fc.nat(2), edits, (value, indent, cuts) => {
        const changed = mutate(JSON.stringify(value, null, indent), cuts);
        let theirs: { value: unknown } | undefined;
        try {
          theirs = { value: JSON.parse(changed) };
        } catch {
          theirs = undefined;
        }
        try {
          expect(theirs).toEqual({ value: parseJson(changed, { maxDepth: 10_000 }) });
          outcomes.read++;
        } catch (e) {
          if (!isFault(e)) throw e;
          expect(e.code).toBe(theirs === undefined ? "json-invalid" : "json-poisoned");
          if (theirs !== undefined) return;
          const lines = changed.split("\n");
          const line = lines[Number(e.details.line) - 1];
          expect(line?.length).toBeGreaterThanOrEqual(Number(e.details.column) - 1);
          outcomes.refused++;
        }
      }),
      { numRuns: 2000 },
    );
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(200);
  });
});
