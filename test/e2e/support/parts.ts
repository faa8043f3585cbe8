import { spawn } from "node:child_process";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Start time in clock ticks: a pid that was given to another process has another one. A dead one has none. */
function startedAt(pid: number): string | undefined {
  try {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return state === "Z" ? undefined : fields[18];
  } catch {
    // There is no such process.
    return undefined;
  }
}

/** The processes of a cluster, as the test bed records them: it stops what is recorded, whoever started it. */
export class Parts {
  readonly #state: string;
  readonly #commands = new Map<string, readonly string[]>();

  constructor(state: string) {
    this.#state = state;
  }

  runs(name: string): boolean {
    const [pid, ticks] = this.#recorded(name);
    return startedAt(pid) === ticks;
  }

  /** @throws where it does not run */
  pid(name: string): number {
    if (!this.runs(name)) throw new Error(`${name} does not run`);
    return this.#recorded(name)[0];
  }

  /** Kills it at once, as a machine that fails would. */
  async stop(name: string): Promise<void> {
    if (!this.runs(name)) throw new Error(`${name} does not run`);
    const [pid] = this.#recorded(name);
    this.#commands.set(name, readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1));
    process.kill(pid, "SIGKILL");
    while (startedAt(pid) !== undefined) await wait(20);
  }

  /** Starts again what was stopped; of a flag that is given twice the last counts. */
  start(name: string, ...more: string[]): void {
    const [command, ...args] = [...this.#commands.get(name)!, ...more];
    const log = openSync(join(this.#state, "logs", `${name}.log`), "a");
    const child = spawn(command!, args, { detached: true, stdio: ["ignore", log, log] });
    child.unref();
    writeFileSync(join(this.#state, "run", name), `${child.pid} ${startedAt(child.pid!)}\n`);
  }

  async restart(name: string, ...more: string[]): Promise<void> {
    await this.stop(name);
    this.start(name, ...more);
  }

  #recorded(name: string): [number, string | undefined] {
    const recorded = readFileSync(join(this.#state, "run", name), "utf8");
    const [pid, ticks] = recorded.trim().split(" ");
    return [Number(pid), ticks];
  }
}
