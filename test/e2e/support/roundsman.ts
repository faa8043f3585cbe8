import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Finding } from "#sdk/terms.ts";
import { type Config, writeConfigs } from "./configs.ts";
import { type Ran, run } from "./run.ts";
import { builtCli } from "./testbed.ts";

export interface RoundsmanOptions {
  readonly kubeconfig: string;
  readonly configs: readonly Config[];
  readonly logLevel?: string;
  /** Resources beside the ProbeConfigs. */
  readonly resources?: readonly object[];
  /** Further arguments of `start`, and of Node. */
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
}

/** So long a start may take, on a machine that does other things too (ms). */
const STARTS = 60_000;

/** Runs one command of the command line, without a KUBECONFIG of our surroundings. */
export function roundsman(...args: string[]): Promise<Ran> {
  return run(process.execPath, [builtCli(), ...args], { env: { PATH: process.env.PATH, HOME: tmpdir() } });
}

/** `roundsman start` as a process of its own. */
export class Roundsman {
  readonly dir: string;
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #err: Buffer[];

  private constructor(dir: string, url: string, child: ChildProcess, err: Buffer[]) {
    this.dir = dir;
    this.url = url;
    this.#child = child;
    this.#err = err;
  }

  /** Resolves when it has listed everything. */
  static async start(options: RoundsmanOptions): Promise<Roundsman> {
    const { kubeconfig, configs, resources = [], logLevel = "warn", args: more = [], nodeArgs = [] } = options;
    const dir = mkdtempSync(join(tmpdir(), "roundsman-e2e-run-"));
    const config = join(dir, "config");
    writeConfigs(config, configs);
    for (const [i, one] of resources.entries()) writeFileSync(join(config, `resource-${i}.json`), JSON.stringify(one));
    const args = [...nodeArgs, builtCli(), "start", "--kubeconfig", kubeconfig, "--config", config, "--cluster", "e2e"];
    const child = spawn(
      process.execPath,
      [...args, "--data", join(dir, "data"), "--port", "0", "--log-level", logLevel, ...more],
      { env: { PATH: process.env.PATH, HOME: dir }, stdio: ["ignore", "pipe", "pipe"] },
    );
    const err: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    const url = await new Promise<string>((done, fail) => {
      let said = "";
      const stop = (why: string) => fail(new Error(`roundsman start ${why}:\n${said}${Buffer.concat(err)}`));
      const timer = setTimeout(() => stop(`did not start within ${STARTS} ms`), STARTS);
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk;
        const at = /Findings: (http:\S+)\/v1\/findings/.exec(said)?.[1];
        if (at) done(at);
        if (at) clearTimeout(timer);
      });
      child.once("exit", (code) => stop(`ended with ${code}`));
    });
    const started = new Roundsman(dir, url, child, err);
    const until = Date.now() + STARTS;
    while ((await fetch(`${url}/readyz`)).status !== 200) {
      if (Date.now() > until) throw new Error(`not ready within ${STARTS} ms: ${started.stderr}`);
      await wait(50);
    }
    return started;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get stderr(): string {
    return Buffer.concat(this.#err).toString("utf8");
  }

  /** Every finding that it knows, open or resolved. */
  async findings(): Promise<Finding[]> {
    const answer = await fetch(`${this.url}/v1/findings`);
    return ((await answer.json()) as { findings: Finding[] }).findings;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** A value of /metrics, summed over its labels. @throws where there is none, and nothing is said to stand for that */
  async metric(name: string, none?: number): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const values = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    if (values.length === 0 && none !== undefined) return none;
    if (values.length === 0) throw new Error(`/metrics has no ${name}`);
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  /** Ends it by SIGTERM; gives its exit code. */
  async stop(): Promise<number | null> {
    const { exitCode } = this.#child;
    if (exitCode !== null) return exitCode;
    const ended = new Promise<number | null>((done) => this.#child.once("exit", done));
    this.#child.kill("SIGTERM");
    return ended;
  }

  /** What a stopped one's log holds: the last record of every finding. */
  async stored(): Promise<Finding[]> {
    const { code, stdout, stderr } = await roundsman(
      ...["findings", "--data", join(this.dir, "data"), "--state", "all", "-o", "json"],
    );
    if (code !== 0) throw new Error(`roundsman findings --data ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Finding[];
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
