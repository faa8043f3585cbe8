import { describe, expect, it } from "vitest";
import { isJsonType, isUtf8Charset, parseMediaType } from "./media-type.ts";

describe("parseMediaType", () => {
  it.each([
    ["application/json", { essence: "application/json", json: true }],
    ["Application/JSON; Charset=UTF-8", { essence: "application/json", json: true, charset: "utf-8" }],
    ["text/json", { essence: "text/json", json: true }],
    ["application/vnd.acme.v1+json", { essence: "application/vnd.acme.v1+json", json: true }],
    ["application/json5", { essence: "application/json5", json: false }],
    ["text/plain;charset=iso-8859-1", { essence: "text/plain", json: false, charset: "iso-8859-1" }],
    ['text/plain ; a="x;y\\"z" ;\tcharset="utf-8"', { essence: "text/plain", json: false, charset: "utf-8" }],
    ['multipart/form-data; boundary="a b"', { essence: "multipart/form-data", json: false }],
    ['a/b; __proto__="x"', { essence: "a/b", json: false }],
  ])("reads %s", (text, type) => expect(parseMediaType(text)).toEqual(type));

  it.each([
    "",
    "xyz",
    "/",
    "a/",
    "/b",
    "a/b/c",
    "a b/c",
    "a/b c",
    "a/b;",
    "a/b;x",
    "a/b;x=",
    "a/b;=y",
    "a/b;x =y",
    'a/b;x="y',
    'a/b;x="y"z',
    "a/b; x=1; X=2",
    " a/b",
    "a/b ",
    "a/b,c/d",
    "a/ü",
    'a/b;x="ü"',
    "a/b\r\nx: y",
    `a/b;x=${"y".repeat(1000)}`,
  ])("refuses %j", (text) => expect(parseMediaType(text)).toBeUndefined());
});

it("takes data without a content type for JSON", () => {
  expect(isJsonType(undefined)).toBe(true);
  expect(isJsonType("text/plain")).toBe(false);
  expect(isJsonType("nonsense")).toBe(false);
});

it("takes utf-8 and silence for utf-8, and nothing else", () => {
  expect(isUtf8Charset(undefined)).toBe(true);
  expect(isUtf8Charset(parseMediaType("text/plain"))).toBe(true);
  expect(isUtf8Charset(parseMediaType('text/plain; charset="UTF-8"'))).toBe(true);
  for (const other of ["utf-16", "us-ascii", "utf8", "iso-8859-1"]) {
    expect(isUtf8Charset(parseMediaType(`text/plain; charset=${other}`))).toBe(false);
  }
});
