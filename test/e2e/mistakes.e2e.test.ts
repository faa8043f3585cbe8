/** Cases with mistakes among good ones, as their author meets them: who is wrong is named, with the fix; neighbours go on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { builtCli, ROOT } from "./support/testbed.ts";

const cases = join(ROOT, "test/e2e/mistakes");
/** The case's health is judged after ten seconds; a check that hangs takes two, and is tried twice. */
const WITHIN = 40_000;

const SAID = {
  syntax: /^roundsman: .*mistakes\/syntax\.ts cannot be bundled: .* at line \d+, column \d+/m,
  "unknown field":
    /^roundsman: .*mistakes\/unknown-field\.ts: of\.where has the path "status\.fase", but v1\/Pod\.status has no field "fase"/m,
  "unknown option":
    /^roundsman: .*mistakes\/unknown-option\.ts: of\.whre is no option of a read; did you mean "where"\?/m,
  "two of one identity":
    /case-health Case team\/twice: .*mistakes\/twice\.ts: two problems of one identity .*give them different "rule"s, or "per" a row/,
  "a throw":
    /case-health Case team\/throws: .*mistakes\/throws\.ts: check threw TypeError: .*throws\.ts:\d+:\d+; guard what may be absent/,
  "an endless loop":
    /case-health Case team\/endless: .*(took longer than 2000 ms|is not run for another).*mistakes\/endless\.ts/,
  "the good one": /▲ low +team\/good Namespace kube-system: it is there/,
  "a shipped one": /▲ \w+ +(network|node|workload|storage|control-plane)\//,
} as const;

it("names file, field and fix, and lets the others go on", async () => {
  const home = mkdtempSync(join(tmpdir(), "roundsman-mistakes-"));
  const child = spawn(process.execPath, [builtCli(), "start", "--port", "0", "--cases", cases], {
    env: { PATH: process.env.PATH, HOME: home },
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  try {
    const missing = () => Object.entries(SAID).flatMap(([what, words]) => (words.test(said) ? [] : [what]));
    for (const end = Date.now() + WITHIN; missing().length > 0 && Date.now() < end; ) await wait(100);
    expect(missing(), said).toEqual([]);
    // A case that hangs on every key does not keep the good one from the threads.
    const at = (words: RegExp) => said.slice(0, said.search(words)).split("\n").length;
    expect(at(SAID["the good one"])).toBeLessThan(at(SAID["an endless loop"]));
    expect(child.exitCode).toBeNull();
  } finally {
    const exit = once(child, "exit");
    child.kill("SIGINT");
    expect((await exit)[0]).toBe(0);
    rmSync(home, { recursive: true, force: true });
  }
});
