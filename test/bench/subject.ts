import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Cost } from "./process-cost.ts";

/** A process that is measured. It prints JSON lines, and goes on when it is told to by a line. */
export interface Subject {
  /** The next line. @throws where it ends instead */
  next<T>(): Promise<T>;
  tell(line: string): void;
  signal(name: NodeJS.Signals): void;
  end(): Promise<void>;
}

/** What a subject says that only lists. */
export interface Listed extends Cost {
  readonly objects: number;
}

/** Starts one of `subjects/`, as it was bundled beside this file. */
export function startSubject(name: string, args: readonly string[], nodeArgs: readonly string[] = []): Subject {
  const file = fileURLToPath(new URL(`./subjects/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [...nodeArgs, file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next<T>() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${name} ended with ${(await exit)[0]}`);
      return JSON.parse(value) as T;
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    signal: (name) => void child.kill(name),
    async end() {
      child.kill();
      await exit;
    },
  };
}

export async function runSubject<T>(name: string, args: readonly string[]): Promise<T> {
  const subject = startSubject(name, args);
  try {
    return await subject.next<T>();
  } finally {
    await subject.end();
  }
}
