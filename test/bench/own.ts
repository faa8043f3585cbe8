import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Cost, costOf } from "./process-cost.ts";

/** Nobody is told of the findings: what is measured ends with the ledger. */
const QUIET = `apiVersion: roundsman.dev/v1alpha1
kind: AlertSubscription
metadata: { name: stdout }
spec: { match: { severity: critical, case: [none/none] }, sink: { stdout: {} } }
`;

/** The real process, as a user starts it. */
export class Own {
  readonly #child: ReturnType<typeof spawn>;
  readonly #dir: string;
  readonly #url: string;

  private constructor(child: ReturnType<typeof spawn>, dir: string, url: string) {
    this.#child = child;
    this.#dir = dir;
    this.#url = url;
  }

  /** Resolves when all is listed and every check of the first pass is answered. */
  static async start(cli: string, kubeconfig: string, ...args: string[]): Promise<Own> {
    const dir = mkdtempSync(join(tmpdir(), "roundsman-bench-"));
    writeFileSync(join(dir, "quiet.yaml"), QUIET);
    const child = spawn(
      process.execPath,
      [
        // Such as --cpu-prof --cpu-prof-dir=DIR, to see where it goes.
        ...(process.env.BENCH_NODE_ARGS?.split(" ") ?? []),
        cli,
        "start",
        "--kubeconfig",
        kubeconfig,
        "--port",
        "0",
        "--data",
        join(dir, "data"),
        "--config",
        join(dir, "quiet.yaml"),
        ...args,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    const url = await new Promise<string>((done, fail) => {
      child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
        said += chunk;
        const at = /Findings: (http:\S+)\/v1\/findings/.exec(said)?.[1];
        if (at) done(at);
      });
      child.once("exit", (code) => fail(new Error(`roundsman ended with ${code}: ${said}`)));
    });
    const own = new Own(child, dir, url);
    while ((await fetch(`${url}/readyz`)).status !== 200) await wait(20);
    while ((await own.metric("unanswered_seconds")) > 0) await wait(20);
    return own;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  cost(): Cost {
    return costOf(this.#child.pid!);
  }

  /** A value of /metrics, summed over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const lines = text
      .split("\n")
      .filter((line) => line.startsWith(`roundsman_${name} `) || line.startsWith(`roundsman_${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  async open(): Promise<number> {
    const answer = await fetch(`${this.#url}/v1/findings?state=open`);
    return ((await answer.json()) as { findings: unknown[] }).findings.length;
  }

  async end(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exit;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
