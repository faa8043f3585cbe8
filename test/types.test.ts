import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = readFileSync(join(root, "test/types/mistakes.ts"), "utf8");
const mark = /^\s*\/\/ @ts-expect-error (.*)$/;

/** Errors of one file under the project's own compiler options, by line (1-based). */
function compile(text: string): Map<number, string> {
  const folder = mkdtempSync(join(root, "test/types/.compile-"));
  try {
    writeFileSync(join(folder, "file.ts"), text);
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../../tsconfig.json", include: ["file.ts"], exclude: [] }),
    );
    const tsc = spawnSync(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"],
      { encoding: "utf8" },
    );
    const errors = new Map<number, string>();
    let line = 0;
    for (const row of tsc.stdout.split("\n")) {
      const at = /file\.ts\((\d+),\d+\): error/.exec(row);
      if (at) line = Number(at[1]);
      if (line > 0) errors.set(line, `${errors.get(line) ?? ""}${row}\n`);
    }
    return errors;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("mistakes in a case do not compile", () => {
  const lines = source.split("\n");
  const bare = compile(lines.map((line) => (mark.test(line) ? "//" : line)).join("\n"));
  const marks = lines.flatMap((line, i) => (mark.test(line) ? [{ line: i + 2, wanted: mark.exec(line)![1]! }] : []));

  test("every mistake is marked, and nothing else is wrong", () => {
    expect(marks.length).toBeGreaterThanOrEqual(16);
    expect([...bare.keys()].sort()).toEqual(marks.map((m) => m.line).sort());
  });
  test.each(marks)("line $line says: $wanted", ({ line, wanted }) => {
    expect(bare.get(line)).toContain(wanted);
  });
});
