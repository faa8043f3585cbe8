import Type from "typebox";
import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.ts";

const schema = Type.Object({
  port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
  dataDir: Type.Optional(Type.String({ minLength: 1 })),
  names: Type.Optional(Type.Array(Type.String())),
  isLoud: Type.Optional(Type.Boolean()),
});
const read = (sources: Partial<Parameters<typeof readSettings>[1]>) =>
  readSettings(schema, { env: {}, ...sources }, { port: "PORT" });
const file = (values: unknown) => ({ file: { name: "settings.yaml", values } });

describe("readSettings", () => {
  it("takes defaults, then the file, then the environment, then flags", () => {
    expect(read({}).port).toBe(8080);
    expect(read(file({ port: 1 })).port).toBe(1);
    expect(read({ ...file({ port: 1 }), env: { PORT: "2" } }).port).toBe(2);
    expect(read({ ...file({ port: 1 }), env: { ROUNDSMAN_PORT: "3", PORT: "2" } }).port).toBe(3);
    expect(read({ ...file({ port: 1 }), env: { PORT: "2" }, flags: { port: 4, dataDir: undefined } })).toEqual({
      port: 4,
    });
  });

  it("reads what a variable's text means", () => {
    const env = { ROUNDSMAN_DATA_DIR: "/d", ROUNDSMAN_NAMES: "a, b,", ROUNDSMAN_IS_LOUD: "true", ROUNDSMAN_PORT: "" };
    expect(read({ env })).toEqual({ port: 8080, dataDir: "/d", names: ["a", "b"], isLoud: true });
  });

  it("leaves alone what is nothing like a setting", () => {
    expect(read({ env: { ROUNDSMAN_TESTBED: "../shared", ROUNDSMAN_SEED: "1" } })).toEqual({ port: 8080 });
  });

  it("is frozen", () => {
    expect(Object.isFrozen(read({}))).toBe(true);
  });

  it.each([
    [{ env: { PORT: "http" } }, "The environment: PORT"],
    [{ env: { ROUNDSMAN_PORT: "70000" } }, "The environment: ROUNDSMAN_PORT"],
    [{ env: { ROUNDSMAN_PROT: "1" } }, 'The environment: ROUNDSMAN_PROT is not known; did you mean "ROUNDSMAN_PORT"'],
    [{ flags: { port: "x" } }, "The command line: --port"],
    [{ flags: { dataDir: "" } }, "The command line: --data-dir"],
    [file({ prot: 1 }), "settings.yaml: prot"],
    [file([]), "settings.yaml:"],
  ])("names the source and the key: %j", (sources, words) => {
    expect(() => read(sources)).toThrow(words);
  });

  it("never repairs: a number as text in a file is refused", () => {
    expect(() => read(file({ port: "8081" }))).toThrow("settings.yaml: port");
  });
});
