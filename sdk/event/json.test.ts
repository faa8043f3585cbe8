import { describe, expect, it } from "vitest";
import { isFault, type RoundsmanError } from "../errors.ts";
import { decodeUtf8, MAX_DEPTH, parseJson } from "./json.ts";

const refused = (text: string | Uint8Array, options = {}): RoundsmanError => {
  try {
    parseJson(text, options);
  } catch (e) {
    if (isFault(e)) return e;
    throw e;
  }
  throw new Error("was accepted");
};

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("parseJson", () => {
  it.each([
    "null",
    "true",
    "-0.5e3",
    '""',
    '"\\u0000\\ud800"',
    "[]",
    "{}",
    ' \n\t\r{"a":[1,{"b":null}]} ',
    '{"a":1,"a":2}',
    '{"prototype":1,"constructor":"Acme","proto":{"__proto":1}}',
    '{"text":"__proto__ and constructor.prototype"}',
    '{"name":"\\u0061\\u005f"}',
    '{"constructor":{"name":"prototype"}}',
    '["__proto__"]',
  ])("gives what JSON.parse gives: %s", (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
    expect(parseJson(text, { poison: "drop", maxDepth: Number.POSITIVE_INFINITY })).toEqual(JSON.parse(text));
  });

  it.each([
    ['{"__proto__":{"x":1}}', "__proto__"],
    ['{"__proto__":null}', "__proto__"],
    ['{"a":[{"b":{"__proto__":1}}]}', "a[0].b.__proto__"],
    ['{"\\u005f_proto__":{"x":1}}', "__proto__"],
    ['{"__pr\\u006Fto__":{"x":1}}', "__proto__"],
    ['{"\\u005F\\u005f\\u0070\\u0072\\u006f\\u0074\\u006F\\u005f\\u005f":1}', "__proto__"],
    ['{"a b":{"constructor":{"prototype":{"x":1}}}}', '["a b"].constructor'],
    ['{"\\u0063onstructor":{"proto\\u0074ype":1}}', "constructor"],
    ['{"constructor":{"\\u0070rototype":null}}', "constructor"],
    ['[[{"constructor":{"prototype":1}}]]', "[0][0].constructor"],
  ])("refuses poison: %s", (text, path) => {
    for (const maxDepth of [2, 3, 4, MAX_DEPTH, Number.POSITIVE_INFINITY].filter(
      (n) => n > path.split(/[.[]/).length,
    )) {
      const error = refused(text, { maxDepth });
      expect(error).toMatchObject({ code: "json-poisoned", status: 400, retry: false, details: { path } });
      expect(error.message).toContain(path);
    }
    expect(refused(Buffer.from(text)).code).toBe("json-poisoned");
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("finds poison in a text of which every other key is long", () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ [`label-${i}`]: "x".repeat(50) }));
    const text = JSON.stringify({ items: rows }).replace('"label-333"', '"__proto__"');
    expect(refused(text).details.path).toBe("items[333].__proto__");
  });

  it("drops poison and keeps the rest", () => {
    const text = `{"items":[{"a":1},{"__proto__":{"x":1},"b":2},{"constructor":{"prototype":{}},"c":3},
      {"constructor":"fair","d":4},{"n":{"\\u005f_proto__":1,"e":5}}]}`;
    const value = parseJson(text, { poison: "drop" });
    expect(value).toEqual<unknown>({
      items: [{ a: 1 }, { b: 2 }, { c: 3 }, { constructor: "fair", d: 4 }, { n: { e: 5 } }],
    });
    expect(Object.keys((value as { items: object[] }).items[1] ?? {})).toEqual(["b"]);
    expect(parseJson(text, { poison: "drop", maxDepth: 10 })).toEqual(value);
  });

  it("holds the limit of depth, at the level", () => {
    expect(parseJson(nested(MAX_DEPTH))).toEqual(JSON.parse(nested(MAX_DEPTH)));
    expect(refused(nested(MAX_DEPTH + 1))).toMatchObject({ code: "json-too-deep", details: { limit: MAX_DEPTH } });
    expect(parseJson('{"a":{"b":1}}', { maxDepth: 2 })).toEqual({ a: { b: 1 } });
    expect(refused('{"a":{"b":[]}}', { maxDepth: 2 }).details.path).toBe("a.b");
    expect(refused('[1,[2,[3,"padding of the text"]]]', { maxDepth: 2 }).details.path).toBe("[1][1]");
  });

  it("cuts off what is too deep when dropping", () => {
    const options = { poison: "drop", maxDepth: 2 } as const;
    expect(parseJson('{"a":{"b":[],"c":1},"d":[[],2]}', options)).toEqual({ a: { c: 1 }, d: [null, 2] });
    expect(parseJson(nested(MAX_DEPTH + 1), { poison: "drop" })).toEqual(JSON.parse(nested(MAX_DEPTH + 1)));
  });

  it("takes a text of 200,000 levels without ending the stack", () => {
    const text = nested(200_000);
    expect(refused(text).code).toBe("json-too-deep");
    expect(refused("[".repeat(200_000)).code).toBe("json-invalid");
    const poisoned = `${"[".repeat(100_000)}{"__proto__":1}${"]".repeat(100_000)}`;
    expect(refused(poisoned, { maxDepth: Number.POSITIVE_INFINITY }).details.path).toMatch(
      /^(\[0\]){6}…(\[0\]){5}\.__proto__$/,
    );
  });

  it.each([
    ["", 1, 1, "expected a value, found the end"],
    ["\ufeff{}", 1, 1, "expected a value"],
    ["{", 1, 2, "expected a key in double quotes, found the end"],
    ["{a:1}", 1, 2, "expected a key in double quotes"],
    ["{'a':1}", 1, 2, "expected a key in double quotes"],
    ['{"a" 1}', 1, 6, 'expected ":" after the key'],
    ['{"a":}', 1, 6, "expected a value"],
    ['{"a":1,}', 1, 8, "expected a key in double quotes"],
    ['{"a":1 "b":2}', 1, 8, 'expected "," or "}"'],
    ["[1,]", 1, 4, "expected a value"],
    ["[1 2]", 1, 4, 'expected "," or "]"'],
    ["[1}", 1, 3, 'expected "," or "]"'],
    ["[1", 1, 3, 'expected "," or "]", found the end'],
    ["{} {}", 1, 4, "expected nothing after the value"],
    ["01", 1, 2, "expected nothing after the value"],
    ["+1", 1, 1, "expected a value"],
    ["NaN", 1, 1, "expected a value"],
    ["nul", 1, 1, "expected a value"],
    ["-", 1, 1, "expected a value"],
    ['"a\nb"', 1, 3, "control characters"],
    ['"\\x"', 1, 2, "unknown escapes"],
    ['"\\u12"', 1, 2, "unknown escapes"],
    ['"abc', 1, 5, "found the end"],
    ['{"a\tb":1}', 1, 4, "control characters"],
    ['{\n  "a": 1,\n  "b": tru\n}', 3, 8, "expected a value"],
    ['{"a":[{"b":"\u007f\u0085é"},]}', 1, 19, "expected a value"],
  ])("says where %j is wrong", (text, line, column, what) => {
    const error = refused(text, { where: "The body" });
    expect(error).toMatchObject({ code: "json-invalid", status: 400, details: { line, column } });
    expect(error.message).toMatch(/^The body is not valid JSON: /);
    expect(error.message).toContain(what);
  });

  it("does not repeat the text in its error: it may hold secrets", () => {
    expect(refused('{"token":"s3cret" oops}').message).not.toMatch(/s3cret|oops/);
  });

  it.each([
    [[0x22, 0xff, 0x22]],
    [[0x22, 0xc0, 0xa0, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xe2, 0x82, 0x22]],
    [[0xff, 0xfe, 0x22, 0x00, 0x22, 0x00]],
  ])("refuses bytes that are no UTF-8: %j", (bytes) => {
    expect(refused(Uint8Array.from(bytes))).toMatchObject({ code: "not-utf8", status: 400 });
  });

  it("reads a view into a larger buffer", () => {
    const pool = Buffer.from('xx{"a":"ü"}yy');
    expect(parseJson(pool.subarray(2, -2))).toEqual({ a: "ü" });
    expect(decodeUtf8(new Uint8Array(pool).subarray(2, 5), "It")).toBe('{"a');
  });
});
