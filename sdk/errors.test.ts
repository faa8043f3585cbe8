import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CATALOGUE, fault, isFault } from "./errors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = ["sdk", "broker", "functions"].flatMap((room) =>
  readdirSync(`${root}${room}`, { recursive: true, encoding: "utf8" })
    .filter(
      (name) => name.endsWith(".ts") && !/\.test\.ts$|faulty-disk/.test(name) && `${room}/${name}` !== "sdk/errors.ts",
    )
    .map((name) => readFileSync(`${root}${room}/${name}`, "utf8")),
);

describe("the catalogue of errors", () => {
  it("has every code that is thrown, and no other", () => {
    const all = sources.join("\n");
    const unused = Object.keys(CATALOGUE).filter((code) => !all.includes(`"${code}"`));
    expect(unused).toEqual([]);
    const thrown = [...all.matchAll(/\bfault\(\s*"([a-z0-9-]+)"/g)].map((match) => match[1]!);
    expect(thrown.length).toBeGreaterThan(30);
    expect(thrown.filter((code) => !Object.hasOwn(CATALOGUE, code))).toEqual([]);
  });

  it.each(Object.entries(CATALOGUE))("%s is a whole sentence, with a status that fits", (_, { sentence, status }) => {
    expect(sentence).toMatch(/^\S.* .*\.$|^\{message\}$/s);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  });

  it("fills its holes, and says what lies beneath as its cause", () => {
    const cause = new Error("EACCES");
    const error = fault("config-unreadable", { where: "a.yaml", what: "EACCES" }, cause);
    expect([error.message, error.code, error.retry, error.cause]).toEqual([
      "a.yaml cannot be read: EACCES.",
      "config-unreadable",
      false,
      cause,
    ]);
    expect([isFault(error), isFault(error, "config-unreadable"), isFault(error, "config-invalid")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isFault(cause)).toBe(false);
  });

  it.each(["are you sure?", "stop!", "It is gone."])("puts no full stop after %s", (what) => {
    expect(fault("data-unreadable", { data: "d", what }).message).toBe(`d cannot be read: ${what}`);
  });
});
