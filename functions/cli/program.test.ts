import { describe, expect, test } from "vitest";
import { Exited, fakeProcess } from "./process.test-kit.ts";
import { createProgram } from "./program.ts";

/** package.json stands one folder above it. */
const here = new URL("../../dist/", import.meta.url);

async function run(...args: string[]) {
  const { process, out, err } = fakeProcess();
  const program = createProgram({ process, here });
  const code = await program.parseAsync(["node", "roundsman", ...args]).then(
    () => undefined,
    (e) => {
      if (e instanceof Exited) return e.code;
      throw e;
    },
  );
  return { code, out: out(), err: err() };
}

const COMMANDS = [
  "start",
  "scan",
  "findings",
  "show",
  "cases",
  "new",
  "test",
  "rbac",
  "crd",
  "explain",
  "budgets",
  "brake",
  "audit",
  "approve",
  "defender",
  "remedies",
];

describe("help", () => {
  test("names every command", async () => {
    const { code, out, err } = await run("--help");
    expect([code, err]).toEqual([0, ""]);
    for (const name of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
  });
  test.each(COMMANDS)("of %s has an example that its own flags take", async (name) => {
    const { code, out } = await run(name, "--help");
    expect(code).toBe(0);
    const example = out.slice(out.indexOf("\nExample"));
    expect(example).toContain(`$ roundsman ${name}`);
    const [options] = out.split("\nExample");
    const own = example
      .split("\n")
      .filter((line) => line.includes("$ roundsman"))
      .join("\n");
    for (const flag of own.replaceAll(/ \| .*/g, "").matchAll(/ (--?[a-z]+)/g)) expect(options).toContain(flag[1]);
  });
  test("comes, and is no success, where no command is named", async () => {
    const { code, err } = await run();
    expect(code).toBe(2);
    expect(err).toContain("Usage: roundsman");
  });
  test("tells the version", async () => {
    expect(await run("--version")).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe("what cannot be meant", () => {
  test.each([
    [["crd", "remove"], "Allowed choices are print, install."],
    [["nope"], "unknown command 'nope'"],
    [["scna"], "(Did you mean scan?)"],
    [["scan", "--nope"], "unknown option '--nope'"],
    [["scan", "--file"], "argument missing"],
    [["scan", "-f", "a", "b"], "too many arguments"],
    [["scan", "--output", "xml"], "Allowed choices are table, json, yaml."],
    [["scan", "--fail-on", "worst"], "Allowed choices are critical, high, medium, low."],
    [["findings", "--state", "gone"], "Allowed choices are open, resolved, all."],
    [["show"], "missing required argument 'fingerprint'"],
    [["new"], "missing required argument 'dir'"],
    [["explain"], "missing required argument 'words'"],
    [["brake", "off"], "Allowed choices are status, on, release."],
    [["defender", "reboot"], "Allowed choices are status, init, reset."],
    [["audit", "--outcome", "maybe"], "Allowed choices are granted, denied, waiting."],
  ])("is refused with a sentence and 2: %j", async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).toContain("(roundsman --help shows what there is)");
  });
});
