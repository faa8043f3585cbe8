import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));

/** One of `programs/`, which says JSON lines. */
export class Program<T> {
  readonly words: T[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, "exit");
    createInterface({ input: child.stdout! }).on("line", (line) => void this.words.push(JSON.parse(line) as T));
  }

  static async start<T>(name: string, args: readonly string[]): Promise<Program<T>> {
    // Beside the packages, so that they are found.
    const outfile = path(`node_modules/.cache/roundsman-kafka/${name}.js`);
    await build({
      entryPoints: [path(`test/kafka/programs/${name}.ts`)],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      logLevel: "warning",
    });
    return new Program(spawn(process.execPath, [outfile, ...args], { stdio: ["ignore", "pipe", "inherit"] }));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    await this.#exit;
  }
}
