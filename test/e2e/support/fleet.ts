import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { builtCli } from "./testbed.ts";

/** So long a start may take, on a machine that does other things too (ms). */
const STARTS = 60_000;

/** What a process ends with that lost its Lease, as on a machine that has too much to do. */
const LEASE_LOST = 3;

/** One process of a fleet: `roundsman ARGS`, killed and started again as it was; one that lost its Lease by itself, as a kubelet does it. */
export class Member {
  readonly name: string;
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child!: ChildProcess;
  #url = "";
  #err = "";
  /** How often it lost its Lease. */
  lost = 0;

  constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.name = name;
    this.#args = args;
    this.#env = env;
  }

  /** Resolves when it says where it listens. */
  async start(): Promise<this> {
    const env = { PATH: process.env.PATH, HOME: tmpdir(), ROUNDSMAN_PORT: "0", ...this.#env };
    const child = spawn(process.execPath, [builtCli(), ...this.#args], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let said = "";
    child.stderr.on("data", (chunk) => {
      this.#err += chunk;
    });
    this.#url = await new Promise<string>((done, fail) => {
      const stop = (why: string) => fail(new Error(`${this.name} ${why}:\n${said}${this.#err}`));
      const timer = setTimeout(() => stop(`did not start within ${STARTS} ms`), STARTS);
      child.stdout.on("data", (chunk) => {
        said += chunk;
        const at = /^\w+: (https?:\/\/[^/\s]+)/m.exec(said)?.[1];
        if (!at) return;
        clearTimeout(timer);
        done(at);
      });
      child.once("exit", (code) => stop(`ended with ${code}`));
    });
    child.once("exit", (code) => {
      if (code !== LEASE_LOST || this.#child !== child) return;
      this.lost++;
      this.start().catch((e: Error) => {
        this.#err += e.message;
      });
    });
    return this;
  }

  get url(): string {
    return this.#url;
  }

  get stderr(): string {
    return this.#err;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ready(): Promise<void> {
    for (const until = Date.now() + STARTS; ; await wait(50)) {
      const answer = await fetch(`${this.#url}/readyz`).catch(() => undefined);
      if (answer?.status === 200) return;
      if (!this.isRunning) throw new Error(`${this.name} ended: ${this.#err}`);
      if (Date.now() > until)
        throw new Error(`${this.name} is not ready within ${STARTS} ms: ${await answer?.text()}\n${this.#err}`);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** By this signal; gives the exit code, null where the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.isRunning) return this.#child.exitCode;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    return (await ended)[0] as number | null;
  }

  /** A value of /metrics, summed over its labels; 0 where there is none. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const values = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }
}
