import { describe, expect, it } from "vitest";
import { isFault } from "../errors.ts";
import { attributeFlaw, isAttributeName } from "./attributes.ts";
import { base64Flaw } from "./base64.ts";
import { decodeHeader, encodeHeader } from "./header.ts";
import { parseJson } from "./json.ts";
import { findJsonError } from "./json-error.ts";
import { parseMediaType } from "./media-type.ts";
import { characterFlaw, isWellFormed, quote } from "./text.ts";
import { parseTime } from "./time.ts";
import { absoluteUriFlaw, uriReferenceFlaw } from "./uri.ts";
import { typeVersion } from "./version.ts";

/**
 * Every function of this folder with a regular expression, on 100 kB that would drive a quadratic one over this test's
 * time-out (10^10 steps) and on 4 MB that would end a backtracking one's stack. Nothing is timed.
 */
const PUMPS = [
  "a",
  "A",
  "0",
  "1.",
  "%",
  "%41",
  "%4",
  "/",
  "//",
  ":",
  ":/",
  "?",
  "#",
  "@",
  "[",
  "]",
  "[::",
  ";",
  ";a=b",
  "; a=",
  '"',
  '""',
  "\\",
  '\\"',
  "\\\\",
  " ",
  "\t",
  "\n",
  "-",
  "+",
  ".v1",
  ".",
  "=",
  "==",
  "AAAA",
  "é",
  "€",
  "😀",
  "\ud800",
  "\udc00",
  "\u0000",
  "\ufffe",
  "{",
  '{"a":',
  "[1,",
  "\\u005f",
  "__proto_",
  "prototyp",
  "2018-04-05T",
];
const FRAMES: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["", "!\u0000"],
  ["http://", "]"],
  ['"', '"'],
  ['a/b;c="', ""],
  ["2018-04-05T17:31:00.", "Q"],
];

const json = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch (e) {
    if (isFault(e)) return e.code;
    throw e;
  }
};
const jsonError = (text: string): unknown => (json(text) === "json-invalid" ? findJsonError(text) : undefined);

const FUNCTIONS: Readonly<Record<string, (text: string) => unknown>> = {
  uriReferenceFlaw,
  absoluteUriFlaw,
  parseMediaType,
  parseTime,
  decodeHeader,
  encodeHeader: (text) => (isWellFormed(text) ? encodeHeader(text) : undefined),
  characterFlaw,
  isWellFormed,
  quote,
  base64Flaw,
  typeVersion,
  isAttributeName,
  attribute: (text) =>
    ["id", "source", "time", "datacontenttype", "dataschema", "ext"].map((name) => attributeFlaw(name, text)),
  parseJson: json,
  findJsonError: jsonError,
};

describe("regular expressions", () => {
  it.each(Object.keys(FUNCTIONS))("%s ends in linear time", (name) => {
    const run = FUNCTIONS[name] as (text: string) => unknown;
    for (const pump of PUMPS) {
      for (const [before, after] of FRAMES) {
        // The shorter ones pass the limits of length of headers and media types.
        for (const length of [100_000, 60_000, 900]) run(before + pump.repeat(length / pump.length) + after);
      }
    }
    expect(run("")).not.toBeInstanceOf(Error);
  });

  // Not encodeHeader: it writes what has passed here.
  it.each(Object.keys(FUNCTIONS).filter((name) => name !== "encodeHeader"))(
    "%s takes megabytes without ending the stack",
    (name) => {
      const run = FUNCTIONS[name] as (text: string) => unknown;
      for (const pump of ["a", "%41", "é", '\\"', "/"]) {
        const text = `"${pump.repeat(4_000_000 / pump.length)}"`;
        expect(() => run(text)).not.toThrow();
        expect(() => run(text.slice(1, -1))).not.toThrow();
      }
    },
  );
});
