import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { TYPES } from "#sdk/event/types.ts";
import type { CaseModule } from "#sdk/serve/messages.ts";
import type { Check } from "#sdk/terms.ts";
import { bundledModules } from "./modules.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
} as const;

/** A host as an image holds it, as the sources are now, and a folder of bundled cases. */
export interface BuiltHost {
  readonly cases: string;
  readonly modules: readonly CaseModule[];
  readonly worker: URL;
  start(env?: Record<string, string>): Promise<RunningHost>;
  remove(): void;
}

export interface RunningHost {
  readonly url: string;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, once it has ended; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly stderr: () => string;
}

export async function buildHost(cases: Readonly<Record<string, string>>): Promise<BuiltHost> {
  const dir = mkdtempSync(join(tmpdir(), "roundsman-host-test-"));
  await build({
    ...common,
    entryPoints: { host: "functions/host/main.ts", "case-worker": "sdk/serve/worker.ts", probes: "probes/index.ts" },
    splitting: true,
    outdir: join(dir, "dist/host"),
  });
  cpSync(join(root, "package.json"), join(dir, "package.json"));
  const [from, to] = [join(dir, "from"), join(dir, "cases")];
  mkdirSync(from);
  for (const [name, text] of Object.entries(cases)) writeFileSync(join(from, `${name}.ts`), text);
  await build({
    ...common,
    entryPoints: Object.keys(cases).map((name) => join(from, `${name}.ts`)),
    outdir: to,
    alias: { roundsman: join(root, "sdk/index.ts") },
  });
  return {
    cases: to,
    modules: await bundledModules([to]),
    worker: pathToFileURL(join(dir, "dist/host/case-worker.js")),
    start: (env = {}) => startHost(join(dir, "dist/host/host.js"), to, env),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function startHost(file: string, cases: string, env: Record<string, string>): Promise<RunningHost> {
  const child: ChildProcess = spawn(process.execPath, [file, cases], {
    env: { PATH: process.env.PATH, PORT: "0", ROUNDSMAN_LINGER: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let err = "";
  let out = "";
  child.stderr!.on("data", (chunk) => {
    err += chunk;
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const url = await new Promise<string>((done, fail) => {
    child.stdout!.on("data", (chunk) => {
      out += chunk;
      const at = /Cases: (http\S+)\/v1\/cases/.exec(out)?.[1];
      if (at) done(at);
    });
    void ended.then((code) => fail(new Error(`the host ended with ${code}: ${err}`)));
  });
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((done) => setTimeout(done, 10));
  return { url, pid: child.pid!, kill: (signal) => void child.kill(signal), ended, stderr: () => err };
}

let seq = 0;

/** A check that is due, and the event that brings it. */
export function dueCheck(name: string, key: string, params: Check["params"] = {}): { check: Check; event: object } {
  const stamp = { epoch: 1, seq: ++seq };
  const id = `c/1.${seq}`;
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: key, namespace: "shop" } };
  const check: Check = { id, cluster: "c", case: name, instance: name, key, stamp, params, rows: { it: [pod] } };
  const event = { specversion: "1.0", id, source: "/clusters/c/watcher", type: TYPES.checkDue, data: check };
  return { check, event };
}
