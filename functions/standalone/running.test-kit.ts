/** All of it in this process, over real HTTP to the practice API server, with cases run by real threads. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { connect, plainAccess } from "#broker/kube/index.ts";
import type { Log, LogRecord } from "#broker/log/log.ts";
import { buildForTests } from "#functions/cli/built.test-kit.ts";
import { startTestApi } from "#functions/practice/testing/api.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { readSettings } from "#sdk/runtime/settings.ts";
import { Settings } from "./settings.ts";
import { Standalone } from "./standalone.ts";

/** Says that a config map is bad where it says so itself. */
export const BAD = `
import { inspection } from "../dist/sdk.js";
export default inspection.each({
  name: "x/bad", severity: "high", reason: "r", help: "h",
  of: { kind: "v1/ConfigMap", where: { "data.bad": "true" }, pick: ["data.note"] },
  check: (map) => "it is bad" + (map.data?.note ?? ""),
});`;

export interface Running {
  readonly url: string;
  readonly log: Log;
  /** What it printed. */
  readonly out: () => string;
  /** Asks the API server. */
  readonly kube: Awaited<ReturnType<typeof startTestApi>>["ask"];
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  records(topic: string): Promise<LogRecord[]>;
  /** A line of /metrics without its value gives it; undefined: there is none. */
  metric(line: string): Promise<number | undefined>;
}

export interface RunOptions {
  readonly settings?: Partial<Settings>;
  readonly resources?: readonly Resource[];
  /** Beside `BAD`. */
  readonly probes?: boolean;
  /** Instead of a file log. */
  readonly openLog?: () => Promise<Log>;
}

/** Started and synced; ended with the test. */
export async function run(options: RunOptions = {}): Promise<Running> {
  const { settings = {}, resources = [], probes = false, openLog } = options;
  const built = await buildForTests();
  const dir = mkdtempSync(join(tmpdir(), "roundsman-running-"));
  const api = await startTestApi();
  built.write({ "bad.mjs": BAD });
  const at = (name: string) => pathToFileURL(join(built.dir, name)).href;
  const modules = [{ url: at("work/bad.mjs"), file: "bad.mjs", version: "1" }];
  if (probes) modules.push({ url: at("dist/probes.js"), file: "probes.js", version: "1" });
  let out = "";
  const standalone = new Standalone({
    settings: { ...readSettings(Settings, { env: {}, flags: {} }, {}), port: 0, grace: 5_000, threads: 1, ...settings },
    cluster: {
      name: "c",
      client: connect(plainAccess(api.server.url, "c"), { clock: systemClock, random: () => 0 }),
      ...{ says: "a test's", configs: [], isPractice: false, isHome: false },
      close: async () => undefined,
    },
    ...(openLog && { openLog }),
    ...{ dir, modules, worker: new URL(at("dist/case-worker.js")), resources, clock: systemClock, random: () => 0 },
    ...{ logger: createLogger("silent"), env: {}, version: "1", callers: undefined, tell: () => undefined },
    stdout: { write: (text) => void (out += text), colour: false },
    fatal: (e) => {
      throw e;
    },
  });
  onTestFinished(async () => {
    await standalone.lifecycle.stop();
    await api.server.close();
    built.remove();
    rmSync(dir, { recursive: true, force: true });
  });
  await standalone.lifecycle.start();
  const { url, log } = standalone as { url: string; log: Log };
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((done) => setTimeout(done, 10));
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(url + path, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const headers = { "content-type": "application/json" };
  return {
    ...{ url, log, out: () => out, kube: api.ask },
    get: async (path) => (await ask(path)).json() as never,
    post: async (path, body) =>
      (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json() as never,
    records: async (topic) => {
      const found: LogRecord[] = [];
      for await (const records of log.read(topic)) found.push(...records);
      return found;
    },
    metric: async (line) => {
      const text = await (await ask("/metrics")).text();
      const found = text.split("\n").find((one) => one.startsWith(`${line} `));
      return found === undefined ? undefined : Number(found.slice(line.length + 1));
    },
  };
}
