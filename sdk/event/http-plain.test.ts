import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCarefully } from "./http.ts";
import { decodePlain } from "./http-plain.ts";

const PLAIN = [
  ...["ce-specversion", "1.0", "ce-id", "c/1.7", "ce-source", "/clusters/c/watcher", "ce-type", "a.b.v1"],
  ...["content-type", "application/json"],
];
const outcome = (decode: () => unknown) => {
  try {
    return { value: decode() };
  } catch (e) {
    return { error: (e as Error).message };
  }
};
const careful = (rawHeaders: readonly string[], body: string) =>
  outcome(() => decodeCarefully({ headers: {}, rawHeaders, body }).events[0]);
const plain = (rawHeaders: readonly string[], body: string) =>
  outcome(() => decodePlain({ headers: {}, rawHeaders, body }));

describe("decodePlain", () => {
  it("takes what is plain, frozen, whatever the case of its headers", () => {
    const { value } = plain([...PLAIN.map((one, i) => (i % 2 ? one : one.toUpperCase())), "Host", "x"], '{"n":1}');
    expect(value).toEqual({
      ...{ specversion: "1.0", id: "c/1.7", source: "/clusters/c/watcher", type: "a.b.v1" },
      ...{ datacontenttype: "application/json", data: { n: 1 } },
    });
    expect(Object.isFrozen(value)).toBe(true);
  });

  it.each([
    ["ce-id", "again"],
    ["ce-more", "1"],
    ["Ce-Subject", "a%20b"],
    ["ce-subject", ""],
    ["ce-time", "2026-02-30T00:00:00Z"],
    ["ce-time", "soon"],
    ["content-encoding", "gzip"],
    ["Content-Type", "application/json"],
  ])("leaves %s: %j to who looks carefully", (name, value) => {
    expect(plain([...PLAIN, name, value], "{}")).toEqual({ value: undefined });
  });

  it.each(["ce-specversion", "ce-id", "ce-source", "ce-type", "content-type"])("wants %s", (name) => {
    const at = PLAIN.indexOf(name);
    expect(plain(PLAIN.toSpliced(at, 2), "{}")).toEqual({ value: undefined });
  });

  it("says the same as who looks carefully, or nothing", () => {
    const header = fc.constantFrom(
      ...["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-traceparent", "content-type"],
      ...["Ce-Id", "ce-partitionkey", "ce-data", "content-encoding", "content-length", "host", "ce-datacontenttype"],
    );
    const value = fc.oneof(
      fc.constantFrom("1.0", "/a/b", "/clusters/c/watcher", "application/json", "a.b.v1", "x y", "%41", '"q"', ""),
      fc.constantFrom("2026-11-27T01:02:03Z", "2026-02-29T01:02:03Z", "2024-02-29T23:59:60+00:00", "identity", "gzip"),
      fc.string({ maxLength: 12 }),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    const body = fc.constantFrom("", "{}", "1", "{", '{"__proto__":1}', '{"a":[1,2]}', "\u{feff}{}");
    const pairs = fc.array(fc.tuple(header, value), { maxLength: 4 });
    let taken = 0;
    fc.assert(
      fc.property(pairs, body, fc.boolean(), (more, text, first) => {
        const headers = first ? [...PLAIN, ...more.flat()] : [...more.flat(), ...PLAIN];
        const said = plain(headers, text);
        if ("value" in said && said.value === undefined) return;
        taken++;
        expect(said).toEqual(careful(headers, text));
      }),
      { numRuns: 1_000 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});
