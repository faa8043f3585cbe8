import { describe, expect, test } from "vitest";
import { decodeDump, parseDump } from "./dump-text.ts";

const utf16 = (text: string, ...start: number[]) => Buffer.from([...start, ...Buffer.from(text, "utf16le")]);

describe("the bytes of a dump", () => {
  test("are UTF-8, or what a shell of Windows makes of it", () => {
    expect(decodeDump(Buffer.from("é"))).toBe("é");
    expect(decodeDump(Buffer.from([0xef, 0xbb, 0xbf, 0x7b]))).toBe("{");
    expect(decodeDump(utf16("é", 0xff, 0xfe))).toBe("é");
    expect(decodeDump(utf16("é", 0xfe, 0xff).swap16().subarray(0, 4).fill(0xfe, 0, 1).fill(0xff, 1, 2))).toBe("é");
  });
  test.each([
    ["compressed", [0x1f, 0x8b, 8], "it is compressed: unpack it first (gunzip)"],
    ["binary", [0xff, 0x00, 0x80], "it is no text (not valid UTF-8)"],
  ])("%s ones are named", (_, bytes, message) => {
    expect(() => decodeDump(Buffer.from(bytes))).toThrow(message);
  });
});

describe("the text of a dump", () => {
  test.each([
    ["JSON", ' {"a":1}\n', [{ a: 1 }]],
    ["several JSON values", '{"a":"}{"}\n{"b":[1,"\\\\"]}[2]', [{ a: "}{" }, { b: [1, "\\"] }, [2]]],
    ["YAML", "a: 1\n", [{ a: 1 }]],
    ["several YAML documents, some of them empty", "---\na: 1\n---\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["JSON documents between YAML's dashes", '{"a":1}\n---\n{"b":2}\n', [{ a: 1 }, { b: 2 }]],
    ["times, which stay text", "a: 2026-01-01T00:00:00Z\nb: '08'\n", [{ a: "2026-01-01T00:00:00Z", b: "08" }]],
  ])("may be %s", (_, text, documents) => {
    expect(parseDump(text)).toEqual(documents);
  });
  test.each([
    ["nothing", " \n", "it is empty"],
    ["only empty documents", "---\n---\n", "it is empty"],
    ["JSON that ends early", '{"a":[1', 'it is not valid JSON: expected "," or "]", found the end at line 1, column 8'],
    ["a last value that ends early", '{"a":1}\n{"b"', "its part 2 of 2 is not valid JSON"],
    ["YAML that ends early", 'a:\n- "x', "it is neither JSON nor YAML: unexpected end of the stream"],
    ["an anchor", "a: &x [1]\nb: *x\n", "it has the YAML anchor &x, which kubectl never prints"],
    ["an anchor of a mapping", "a: &x\n  b: 1\n", "it has the YAML anchor &x"],
  ])("says what is wrong with %s", (_, text, message) => {
    expect(() => parseDump(text)).toThrow(message);
  });
  test("loses what could alter other objects, and what nests without end", () => {
    expect(parseDump('{"a":{"__proto__":{"x":1},"b":2}}')).toEqual([{ a: { b: 2 } }]);
    const [yaml] = parseDump("a:\n  __proto__:\n    x: 1\n  b: 2\n") as [{ a: object }];
    expect(Object.hasOwn(yaml.a, "__proto__")).toBe(false);
    const deep = parseDump(`${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`);
    expect(JSON.stringify(deep).length).toBeLessThan(2_000);
  });
  test("is refused where YAML nests without end", () => {
    expect(() => parseDump(`a: ${"[".repeat(20_000)}`)).toThrow("it is neither JSON nor YAML");
  });
});
