/** Alert rules, metrics and the dashboard on a real Prometheus that scrapes real processes. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { namesIn, rulesIn } from "./support/observability.ts";
import { Prometheus, prometheusFolder } from "./support/prometheus.ts";
import { builtCli, ROOT } from "./support/testbed.ts";

const at = (path: string) => readFileSync(join(ROOT, path), "utf8");
const RULES = at("knative/observability/rules/rules.yaml");
const dir = mkdtempSync(join(tmpdir(), "roundsman-prometheus-"));
const rules = join(dir, "rules.yaml");
const children: ChildProcess[] = [];
let prometheus: Prometheus | undefined;
/** What the receiver of notices answers. */
let answer = 204;
let refused = 0;
const receiver = createServer((request, response) => {
  request.resume().on("end", () => {
    if (answer >= 400) refused++;
    response.writeHead(answer).end();
  });
});

/** Runs a command of the command line until it says where it listens. */
async function begin(name: string, args: string[], says: RegExp): Promise<string> {
  const child = spawn(process.execPath, [builtCli(), ...args], {
    env: { PATH: process.env.PATH, HOME: dir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  return new Promise((done, fail) => {
    const take = (chunk: Buffer) => {
      said += chunk;
      const url = says.exec(said)?.[1];
      if (url) done(url);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("exit", (code) => fail(new Error(`${name} ended with ${code}:\n${said}`)));
  });
}

async function tool(...args: string[]): Promise<{ code: number; out: string }> {
  const run = promisify(execFile)(join(prometheusFolder(), "promtool"), args, { cwd: dir });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
    (e) => ({ code: e.code as number, out: `${e.stdout}${e.stderr}` }),
  );
}

beforeAll(() => {
  prometheusFolder();
  writeFileSync(rules, stringify(parse(RULES).spec));
  copyFileSync(join(ROOT, "test/e2e/prometheus/rules.test.yaml"), join(dir, "rules.test.yaml"));
}, 90_000);
afterAll(async () => {
  await prometheus?.stop();
  await Promise.all(
    children.map((child) => {
      if (child.exitCode !== null) return undefined;
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      return ended;
    }),
  );
  receiver.closeAllConnections();
  receiver.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("promtool", () => {
  it("takes the rules", async () => {
    expect(await tool("check", "rules", rules)).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${rulesIn(RULES).length} rules found`),
    });
  });

  it("finds that each alert stands when it must, and not when it must not", async () => {
    expect(await tool("test", "rules", "rules.test.yaml")).toMatchObject({ code: 0 });
    const tested = new Set(
      parse(at("test/e2e/prometheus/rules.test.yaml")).tests.flatMap((one: any) =>
        one.alert_rule_test.flatMap(({ alertname, exp_alerts }: any) => (exp_alerts.length > 0 ? [alertname] : [])),
      ),
    );
    expect([...tested].sort()).toEqual(
      rulesIn(RULES)
        .map(({ alert }) => alert)
        .sort(),
    );
  });

  it("would notice a threshold that is another", async () => {
    mkdirSync(join(dir, "mutant"));
    const text = readFileSync(rules, "utf8");
    writeFileSync(
      join(dir, "mutant/rules.yaml"),
      text.replace("(roundsman_canary_age_seconds) > 180", "(roundsman_canary_age_seconds) > 1800"),
    );
    copyFileSync(join(dir, "rules.test.yaml"), join(dir, "mutant/rules.test.yaml"));
    const { code, out } = await tool("test", "rules", "mutant/rules.test.yaml");
    expect([code, out]).toEqual([1, expect.stringContaining("RoundsmanCanaryMissing")]);
  });
});

describe("what a real Prometheus scrapes", () => {
  const urls: Record<string, string> = {};
  beforeAll(async () => {
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    const config = join(dir, "config");
    mkdirSync(config);
    const kind = (kind: string, name: string, spec: object) => ({
      apiVersion: "roundsman.dev/v1alpha1",
      kind,
      metadata: { name },
      spec,
    });
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const resources = [
      kind("AlertSubscription", "pager", { sink: { webhook: { url } } }),
      kind("ProbeConfig", "canary", { case: "roundsman/canary", params: { every: "5s" } }),
    ];
    for (const one of resources) writeFileSync(join(config, `${one.metadata.name}.json`), JSON.stringify(one));
    const own = ["--port", "0"];
    const [loop, host, letters] = await Promise.all([
      begin(
        "start",
        ["start", ...own, "--data", join(dir, "data"), "--config", config],
        /Findings: (http:\S+?)\/v1\/findings/,
      ),
      begin("host", ["host", ...own], /(http:\/\/127\.0\.0\.1:\d+)/),
      begin(
        "run dead-letters",
        ["run", "dead-letters", ...own, "--data", join(dir, "letters")],
        /(http:\/\/127\.0\.0\.1:\d+)/,
      ),
    ]);
    Object.assign(urls, { loop, host, letters });
    prometheus = await Prometheus.start(dir, urls, rules);
  }, 90_000);

  it("is all up", async () => {
    await expect.poll(() => prometheus!.query("up == 1").then((all) => all.length), { timeout: 30_000 }).toBe(3);
  });

  it("has every metric that the rules and the dashboard use", async () => {
    const dashboard = JSON.parse(at("knative/observability/rules/dashboard.json"));
    const expressions: string[] = [
      ...rulesIn(RULES).map(({ expr }) => expr),
      ...dashboard.panels.flatMap(({ targets = [] }: any) =>
        targets.map(({ expr }: any) => expr.replaceAll("$cluster", ".*")),
      ),
    ];
    const wanted = new Set(expressions.flatMap(namesIn).map(({ metric }) => metric.replace(/_bucket$/, "")));
    expect(wanted.size).toBeGreaterThan(20);
    // Scraped processes tell of a metric even where it has no sample yet.
    const missing = async () => {
      const all = new Set(await prometheus!.metadata());
      return [...wanted].filter((name) => !all.has(name));
    };
    await expect.poll(missing, { timeout: 15_000 }).toEqual([]);
    for (const expression of expressions) await prometheus!.query(expression);
    expect(await prometheus!.sick()).toEqual([]);
  });

  it("is named and typed as Prometheus wants it", async () => {
    for (const url of Object.values(urls)) {
      const text = await (await fetch(`${url}/metrics`)).text();
      // What Node's own are called is prom-client's to say.
      const ours = text.split("\n").filter((line) => !/roundsman_(nodejs|process)_/.test(line));
      const child = spawn(join(prometheusFolder(), "promtool"), ["check", "metrics"], {
        stdio: ["pipe", "pipe", "pipe"],
      });
      let said = "";
      child.stdout.on("data", (chunk) => (said += chunk));
      child.stderr.on("data", (chunk) => (said += chunk));
      child.stdin.end(`${ours.join("\n")}\n`);
      const code = await new Promise((done) => child.once("exit", done));
      expect([code, said]).toEqual([0, ""]);
    }
  });

  it("hears the canary, and stands still while all is well", async () => {
    await expect
      .poll(() => prometheus!.query("roundsman_canary_rounds_total > 1").then((all) => all.length), { timeout: 30_000 })
      .toBe(1);
    expect(await prometheus!.query("min by (cluster) (roundsman_canary_age_seconds) < 30")).toMatchObject([
      { metric: { cluster: "practice" } },
    ]);
    const standing = (await prometheus!.alerts()).filter(
      ({ labels }) => labels.severity === "critical" && labels.alertname !== "RoundsmanAlertsDown",
    );
    expect(standing).toEqual([]);
  });

  it("fires when a notice is set aside, and the command line says which", async () => {
    const firing = async () =>
      (await prometheus!.alerts()).filter(
        ({ state, labels }) => state === "firing" && labels.alertname === "RoundsmanDeadLetters",
      );
    expect(await firing()).toEqual([]);
    answer = 400;
    await expect
      .poll(firing, { timeout: 60_000 })
      .toMatchObject([{ labels: { topic: "findings", severity: "warning" } }]);
    expect(refused).toBeGreaterThan(0);
    const run = promisify(execFile)(process.execPath, [builtCli(), "dead-letters", "--url", urls.loop!, "-o", "json"]);
    const { letters } = JSON.parse((await run).stdout);
    expect(letters[0]).toMatchObject({ topic: "findings", subscription: "pager", cause: { code: "sink-refused" } });
  });
});
