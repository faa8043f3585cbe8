import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Failpoint } from "./failing-disk.ts";
import type { Act, Message, Place, Start } from "./protocol.ts";

interface Waiting {
  resolve(result: number): void;
  reject(error: Error): void;
}

/** The process under test, seen by the one who runs and harms it. */
export class Target {
  readonly #script: string;
  readonly #place: Place;
  #child: ChildProcess | undefined;
  #waiting = new Map<number, Waiting>();
  #number = 0;
  /** Where it listens; undefined while it does not. */
  port: number | undefined;
  readonly hits = new Map<Failpoint, number>();
  said = "";

  constructor(script: string, place: Place) {
    this.#script = script;
    this.#place = place;
  }

  async start(options: Pick<Start, "boot" | "snapshotEvery">): Promise<void> {
    const start: Start = { ...this.#place, ...options };
    const child = spawn(process.execPath, [this.#script, JSON.stringify(start)], {
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    this.#child = child;
    child.stderr!.on("data", (chunk) => {
      this.said = (this.said + chunk).slice(-4_000);
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.once("exit", (code, signal) => {
        this.port = undefined;
        for (const { reject } of this.#waiting.values()) reject(new Error("it ended"));
        this.#waiting.clear();
        reject(new Error(`it ended with ${code ?? signal}: ${this.said}`));
      });
      child.on("message", (message: Message) => {
        if ("ready" in message) {
          this.port = message.ready;
          resolve();
        } else if ("hit" in message) this.hits.set(message.hit, (this.hits.get(message.hit) ?? 0) + 1);
        else this.#settle(message);
      });
    });
    await ready;
  }

  #settle({ number, result, error }: { number: number; result?: number; error?: string }): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.resolve(result!);
    else waiting?.reject(new Error(error));
  }

  act(what: Act): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.isUp) return reject(new Error("it does not run"));
      const number = this.#number++;
      this.#waiting.set(number, { resolve, reject });
      this.#child!.send({ number, what }, (error) => error && reject(error));
    });
  }

  get isUp(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with the signal that ended it. */
  async ended(): Promise<NodeJS.Signals | null> {
    if (this.isUp) await once(this.#child!, "exit");
    return this.#child!.signalCode;
  }

  kill(): Promise<NodeJS.Signals | null> {
    this.#child!.kill("SIGKILL");
    return this.ended();
  }

  /** Stands still, then goes on. Resolves with whether it stood. */
  async pause(wait: () => Promise<unknown>): Promise<boolean> {
    const { pid } = this.#child!;
    this.#child!.kill("SIGSTOP");
    await wait();
    const stood = /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    this.#child!.kill("SIGCONT");
    return stood;
  }
}
