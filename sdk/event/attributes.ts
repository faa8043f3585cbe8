import { base64Flaw } from "./base64.ts";
import { isUtf8Charset, parseMediaType } from "./media-type.ts";
import { characterFlaw, isWellFormed, kindOf, quote } from "./text.ts";
import { parseTime } from "./time.ts";
import { absoluteUriFlaw, uriReferenceFlaw } from "./uri.ts";

/** What is wrong, and what was expected instead. */
export type Flaw = readonly [what: string, expected: string];

const NAME = /^[a-z0-9]{1,64}$/;

export const nameFlaw = (name: string): Flaw => [
  name === "data" ? "is reserved" : "is no name of an attribute",
  "1 to 64 characters of a to z and 0 to 9",
];

type Check = (value: unknown) => Flaw | undefined;

/** A string of at least one character, none of them forbidden, that passes `further`. */
const text =
  (expected: string, further: (value: string) => string | undefined = () => undefined): Check =>
  (value) => {
    if (typeof value !== "string") return [value === undefined ? "is missing" : `is ${kindOf(value)}`, expected];
    if (value === "") return ["is empty", expected];
    const what = characterFlaw(value) ?? further(value);
    return what === undefined ? undefined : [what, expected];
  };

const CHECKS: ReadonlyMap<string, Check> = new Map([
  ["specversion", text('"1.0"', (value) => (value === "1.0" ? undefined : `is ${quote(value)}`))],
  ["id", text("a string of one character or more")],
  ["source", text("a URI-reference (RFC 3986)", uriReferenceFlaw)],
  ["type", text("a string of one character or more, such as com.example.object.deleted.v2")],
  ["subject", text("a string of one character or more")],
  [
    "time",
    text("an RFC 3339 time, such as 2018-04-05T17:31:00Z", (value) =>
      parseTime(value) === undefined ? `is ${quote(value)}` : undefined,
    ),
  ],
  [
    "datacontenttype",
    text("a media type, such as application/json", (value) =>
      parseMediaType(value) === undefined ? `is ${quote(value)}` : undefined,
    ),
  ],
  ["dataschema", text("an absolute URI without a fragment (RFC 3986, 4.3)", absoluteUriFlaw)],
  ["partitionkey", text("a string of one character or more")],
  ["traceparent", text("a string of one character or more")],
  ["tracestate", text("a string of one character or more")],
]);

export const isAttributeName = (name: string): boolean => CHECKS.has(name) || (NAME.test(name) && name !== "data");

const EXTENSION = "a string, a boolean or a whole number from -2147483648 to 2147483647";

const extensionFlaw: Check = (value) => {
  switch (typeof value) {
    case "string": {
      const what = characterFlaw(value);
      return what === undefined ? undefined : [what, EXTENSION];
    }
    case "boolean":
      return undefined;
    case "number":
      return (value | 0) === value ? undefined : [`is ${value}`, EXTENSION];
    default:
      return [`is ${kindOf(value)}`, EXTENSION];
  }
};

/** What is wrong with an attribute, its name or its value; undefined is taken for "missing". */
export const attributeFlaw = (name: string, value: unknown): Flaw | undefined => {
  const check = CHECKS.get(name);
  if (check !== undefined) return check(value);
  return isAttributeName(name) ? extensionFlaw(value) : nameFlaw(name);
};

/** A member of an event in JSON: an attribute, `data` or `data_base64`. */
export const isMember = (name: string): boolean => name === "data" || name === "data_base64" || isAttributeName(name);

/** What is wrong with a member, but for `data`: see `dataFlaw`. */
export const memberFlaw = (name: string, value: unknown): Flaw | undefined => {
  if (name === "data") return undefined;
  return name === "data_base64" ? dataBase64Flaw(value) : attributeFlaw(name, value);
};

const dataBase64Flaw: Check = (value) => {
  const expected = "base64 (RFC 4648, 4): the standard alphabet, padded, no line breaks";
  if (typeof value !== "string") return [`is ${kindOf(value)}`, expected];
  const what = base64Flaw(value);
  return what === undefined ? undefined : [what, expected];
};

/** JSON takes any JSON value, other content types a text; both travel as UTF-8. */
export const dataFlaw = (contentType: string | undefined, data: unknown): Flaw | undefined => {
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return ["is binary", "its base64 text in data_base64"];
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  if (!isUtf8Charset(type)) return [`has the charset ${quote(type?.charset ?? "")}`, "utf-8, or data_base64"];
  if (type === undefined || type.json) {
    const json = typeof data !== "function" && typeof data !== "symbol" && typeof data !== "bigint";
    return json ? undefined : [`is a ${typeof data}`, "a JSON value"];
  }
  if (typeof data !== "string") return [`is ${kindOf(data)}`, `a string, because the content type is ${type.essence}`];
  return isWellFormed(data) ? undefined : ["has a surrogate without its pair", "text that can be written as UTF-8"];
};
