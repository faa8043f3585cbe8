/**
 * What a newcomer does, command by command: from the package as npm packs it to a finding of a case of one's own on a
 * real control plane, in a folder that knows nothing of this one. npm fetches the package's dependencies.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { Finding } from "#sdk/terms.ts";
import { Cluster } from "./support/cluster.ts";
import { namespace, playedNode, pod } from "./support/objects.ts";
import { run } from "./support/run.ts";
import { ROOT } from "./support/testbed.ts";

/** ms that all of it may take. */
const WITHIN = 600_000;
const NS = "newcomer";
const CASE = "shop/no-latest-image";
const ROLE = { "e2e.example.com/role": "newcomer" };

/** Nothing of what this lane is told. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(KUBECONFIG$|ROUNDSMAN_)/.test(name)));
const cluster = new Cluster(inject("place"));
const steps: [step: string, ms: number][] = [];
let folder: string;
let mine: string;
let tarball: string;
let started: ChildProcess | undefined;
let url: string;

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await work();
  steps.push([name, performance.now() - from]);
  return result;
}

/** A command line in a folder; what it printed. */
async function command(cwd: string, line: string): Promise<string> {
  const { code, stdout, stderr } = await run("sh", ["-c", `cd '${cwd}' && ${line}`], { env });
  if (code !== 0) throw new Error(`${line} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

const findings = async (): Promise<Finding[]> => {
  const { findings } = (await (await fetch(`${url}/v1/findings`)).json()) as { findings: Finding[] };
  return findings.filter((f) => f.case === CASE && f.subject.namespace === NS);
};

async function until(holds: (found: readonly Finding[]) => boolean): Promise<Finding[]> {
  const end = Date.now() + 60_000;
  for (;;) {
    const found = await findings();
    if (holds(found)) return found;
    if (Date.now() > end) throw new Error(`not within a minute: ${holds}, but ${JSON.stringify(found)}`);
    await wait(200);
  }
}

/** `npx roundsman start`, until it says where its findings are. */
function start(): Promise<string> {
  const data = join(folder, "data");
  const args = [
    "roundsman",
    "start",
    "--cases",
    ".",
    "--kubeconfig",
    cluster.kubeconfig,
    "--port",
    "0",
    "--data",
    data,
  ];
  // A group of its own: npx, its shell and Roundsman end together.
  const child = spawn("npx", args, { cwd: mine, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  started = child;
  return new Promise((done, fail) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk;
      const at = /Findings: (http:\S+)\/v1\/findings/.exec(said)?.[1];
      if (at) done(at);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => fail(new Error(`roundsman start ended with ${code}:\n${said}`)));
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "roundsman-newcomer-"));
  mine = join(folder, "my-cases");
  // What was built is what is packed: the other files of the lane run it.
  const packed = await command(ROOT, `npm pack --ignore-scripts --silent --pack-destination '${folder}'`);
  tarball = join(folder, packed.trim().split("\n").at(-1)!);
  await cluster.apply([namespace(NS), playedNode("newcomer-1", { labels: ROLE })]);
});

afterAll(async () => {
  if (started?.pid !== undefined) process.kill(-started.pid, "SIGKILL");
  // Waited for: the files after this one find what is stuck in its going.
  await cluster.kubectl("delete", "namespace", NS);
  await cluster.kubectl("delete", "node", "newcomer-1");
  rmSync(folder, { recursive: true, force: true });
  const sum = steps.reduce((total, [, ms]) => total + ms, 0);
  const lines = [...steps, ["all of it", sum] as const].map(([name, ms]) => `${name.padEnd(28)}${Math.round(ms)} ms`);
  process.stdout.write(`\nWhat a newcomer waits for:\n${lines.join("\n")}\n`);
});

it("from the package to a finding that comes and goes", { timeout: WITHIN }, async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  mine = join(empty, "my-cases");
  await step("roundsman new", async () => {
    const said = await command(
      empty,
      `npx --yes --package '${tarball}' roundsman new my-cases --name ${CASE} --package '${tarball}'`,
    );
    expect(said).toContain("cd my-cases\n  npm install\n  npm test");
  });
  await step("npm install", () => command(mine, "npm install --no-fund --no-audit"));
  await step("npm test", async () => {
    expect(await command(mine, "npm test")).toMatch(/# pass 3\n# fail 0/);
  });
  await step("npx tsc", () => command(mine, "npx tsc"));

  await step("roundsman start", async () => {
    url = await start();
  });
  const web = pod(NS, "web", { image: "registry.example.com/shop/web:latest", spec: { nodeSelector: ROLE } });
  await cluster.apply([web]);
  const [finding] = await step("the finding (for: 10s)", () => until((found) => found.length === 1));
  expect(finding).toMatchObject({
    severity: "low",
    state: "open",
    subject: { kind: "Pod", namespace: NS, name: "web" },
    message: "container app runs registry.example.com/shop/web:latest, which is no fixed version",
  });
  const shown = await command(mine, `npx roundsman show ${finding!.fingerprint.slice(0, 8)} --url ${url}`);
  expect(shown).toContain("Why it matters\n  An image tagged latest");
  expect(shown).toContain("What to do\n  Give the image a version tag");

  await cluster.kubectl("set", "image", "pod/web", "app=registry.example.com/shop/web:1.2.3", "-n", NS);
  const [resolved] = await step("the finding resolved", () => until(([one]) => one?.state === "resolved"));
  expect(resolved?.fingerprint).toBe(finding!.fingerprint);

  const ended = new Promise<number | null>((done) => started!.once("exit", (code) => done(code)));
  process.kill(-started!.pid!, "SIGTERM");
  await ended;
  started = undefined;
  const stored = await command(
    mine,
    `npx roundsman findings --state resolved --case ${CASE} --data '${join(folder, "data")}' -o json`,
  );
  expect(JSON.parse(stored)).toMatchObject([{ fingerprint: finding!.fingerprint, state: "resolved" }]);
});

it("a mistake is found by the compiler, and named when it runs", { timeout: WITHIN }, async () => {
  const source = await command(mine, "cat cases/no-latest-image.ts");
  writeFileSync(join(mine, "cases/no-latest-image.ts"), source.replace("pod.spec.containers", "pod.spec.container"));
  const tsc = await run("sh", ["-c", `cd '${mine}' && npx tsc`], { env });
  expect(tsc.code).not.toBe(0);
  expect(tsc.stdout).toMatch(/cases\/no-latest-image\.ts\(\d+,\d+\): error TS\d+: Property 'container' does not exist/);
  const test = await run("sh", ["-c", `cd '${mine}' && npm test`], { env });
  expect(test.code).not.toBe(0);
  expect(test.stdout).toContain("no-latest-image.ts");
});
