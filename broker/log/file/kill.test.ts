import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFileLog } from "./file-log.ts";
import { readAll } from "./fixture.ts";
import type { LogWarning } from "./warning.ts";

/** Appends without end in four lanes, batches of one to three, and says which are confirmed. Says it in one system call each. */
const CHILD = `
  import { writeSync } from "node:fs";
  import { openFileLog } from "./file-log.ts";
  const [dir, round] = process.argv.slice(2);
  const log = await openFileLog({ dir, clock: Date, segmentBytes: 20_000 });
  const lane = async (name) => {
    for (let n = 0; ; n++) {
      const id = [round, name, String(n).padStart(6, "0")].join(".");
      const size = 1 + (n % 3);
      const records = Array.from({ length: size }, (_, at) =>
        ({ topic: "t", key: name, headers: {}, value: [id, at, size, "x".repeat(n % 400)].join(" ") }));
      await log.append(records);
      writeSync(1, id + "\\n");
    }
  };
  await Promise.all(["a", "b", "c", "d"].map(lane));
`;

const ROUNDS = 6;

describe("a process that is killed", () => {
  let dir: string;
  let script: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "roundsman-kill-"));
    script = join(dir, "child.mjs");
    await build({
      stdin: { contents: CHILD, resolveDir: import.meta.dirname, loader: "ts" },
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      outfile: script,
      logLevel: "error",
    });
  });
  afterAll(() => rm(dir, { recursive: true }));

  /** Resolves with what the child had confirmed when it was killed, after some confirmations and a moment of chance. */
  const runAndKill = async (data: string, round: number): Promise<string[]> => {
    const child = spawn(process.execPath, [script, data, String(round)], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    const confirmed: string[] = [];
    const lines = createInterface(child.stdout);
    lines.on("line", (line) => void confirmed.push(line));
    await once(lines, "line");
    await pause(Math.random() * 120);
    child.kill("SIGKILL");
    const [, signal] = await exited;
    expect(signal).toBe("SIGKILL");
    return confirmed;
  };

  it("has lost nothing that was confirmed, and holds no append in part, after each of several times", async () => {
    const data = join(dir, "log");
    const confirmed: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      confirmed.push(...(await runAndKill(data, round)));
      const warnings: LogWarning[] = [];
      const log = await openFileLog({ dir: data, clock: Date, warn: (warning) => void warnings.push(warning) });
      const records = await readAll(log, "t");
      await log.close();
      expect(warnings.filter(({ kind }) => kind !== "stale-lock" && kind !== "torn-tail")).toEqual([]);

      const batches = new Map<string, number[]>();
      for (const { value } of records) {
        const [id, at] = value!.split(" ");
        batches.set(id!, [...(batches.get(id!) ?? []), Number(at)]);
      }
      for (const id of confirmed) expect(batches.has(id), `${id} was confirmed`).toBe(true);
      for (const { value } of records) {
        const [id, , size] = value!.split(" ");
        expect(batches.get(id!)).toEqual(Array.from({ length: Number(size) }, (_, at) => at));
      }
      // Ids of a lane rise by the letter: round, lane, number.
      for (const lane of ["a", "b", "c", "d"]) {
        const ids = [...batches.keys()].filter((id) => id.includes(`.${lane}.`));
        expect(ids).toEqual(ids.toSorted());
      }
    }
    expect(confirmed.length).toBeGreaterThan(ROUNDS);
  });
});
