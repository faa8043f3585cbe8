import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { stringify } from "yaml";
import { openFileLog } from "#broker/log/file/file-log.ts";
import { practiceConfigs } from "#functions/practice/configs.ts";
import { parseJson } from "#sdk/event/json.ts";
import { type AlertSubscription, API_VERSION } from "#sdk/resources/schemas.ts";
import type { Finding } from "#sdk/terms.ts";
import { builtCli } from "#test/e2e/support/testbed.ts";

export interface InspectorOptions {
  readonly dir: string;
  readonly kubeconfig: string;
  readonly webhook: string;
}

/** All findings are told to the inbox. */
export const INBOX: AlertSubscription = {
  apiVersion: API_VERSION,
  kind: "AlertSubscription",
  metadata: { name: "inbox" },
  spec: { sink: { stdout: {} } },
};

/** A finding event as its own log holds it. */
export interface Logged {
  readonly type: string;
  readonly finding: Finding;
}

/** `roundsman start`, the real process, that may be killed and started again on the same data. */
export class Inspector {
  readonly #options: InspectorOptions;
  #child: ChildProcess | undefined;
  #url: string | undefined;
  #err = "";

  constructor(options: InspectorOptions) {
    this.#options = options;
    const config = join(options.dir, "config");
    mkdirSync(config, { recursive: true });
    const subscription = { ...INBOX, spec: { sink: { webhook: { url: options.webhook } } } };
    writeFileSync(
      join(config, "all.yaml"),
      [subscription, ...practiceConfigs()].map((one) => stringify(one)).join("---\n"),
    );
  }

  /** Begins; does not wait for anything. */
  start(): void {
    const { dir, kubeconfig } = this.#options;
    const args = ["start", "--kubeconfig", kubeconfig, "--data", join(dir, "data"), "--config", join(dir, "config")];
    const child = spawn(process.execPath, [builtCli(), ...args, "--port", "0"], {
      env: { PATH: process.env.PATH, HOME: dir },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#url = undefined;
    child.stderr.on("data", (chunk) => {
      this.#err += chunk;
    });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said = (said + chunk).slice(-10_000);
      if (this.#child === child) this.#url ??= /Findings: (http:\S+)\/v1\/findings/.exec(said)?.[1];
    });
  }

  /** @returns whether it was a kill that ended it: one that had ended by itself cannot be killed */
  async kill(): Promise<boolean> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return false;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    const [, signal] = await exit;
    return signal === "SIGKILL";
  }

  async end(): Promise<number | null> {
    const exit = once(this.#child!, "exit");
    this.#child!.kill("SIGTERM");
    return (await exit)[0];
  }

  /** Everything that it ever said for people. */
  get stderr(): string {
    return this.#err;
  }

  /** Its open findings; undefined while it does not answer, or has not listed everything. */
  async open(): Promise<Finding[] | undefined> {
    const { exitCode } = this.#child!;
    if (exitCode !== null) throw new Error(`it ended by itself with ${exitCode}: ${this.#err}`);
    try {
      if (!this.#url || (await fetch(`${this.#url}/readyz`)).status !== 200) return undefined;
      const answer = await fetch(`${this.#url}/v1/findings?state=open`);
      return ((await answer.json()) as { findings: Finding[] }).findings;
    } catch {
      return undefined;
    }
  }

  /** All finding events, as its log holds them now: also while it runs. */
  async told(): Promise<Logged[]> {
    const log = await openFileLog({
      dir: join(this.#options.dir, "data", "practice"),
      clock: Date,
      readOnly: true,
      warn: () => undefined,
    });
    try {
      const told: Logged[] = [];
      for await (const records of log.read("findings"))
        for (const { headers, value } of records)
          if (value !== null) told.push({ type: headers.ce_type!, finding: parseJson(value) as Finding });
      return told;
    } finally {
      await log.close();
    }
  }
}

/** Waits until it is so. @throws after so many ms */
export async function until(what: string, within: number, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + within; !(await isSo()); await wait(50))
    if (Date.now() > end) throw new Error(`${what}: not within ${within} ms`);
}
