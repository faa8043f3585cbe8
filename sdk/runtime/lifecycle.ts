import { sayError } from "../errors.ts";

/** Something that runs until it is stopped. */
export interface Runnable {
  readonly name: string;
  start(): Promise<void> | void;
  /** Lets what is under way finish; nothing new is taken. */
  stop(): Promise<void> | void;
}

export interface LifecycleOptions {
  /** ms that all stopping together may take. */
  readonly grace: number;
  readonly warn: (message: string) => void;
}

/** Starts in order, stops in reverse. Starting and stopping twice is once: all callers see the one outcome. */
export class Lifecycle {
  readonly #runnables: readonly Runnable[];
  readonly #options: LifecycleOptions;
  readonly #started: Runnable[] = [];
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(runnables: readonly Runnable[], options: LifecycleOptions) {
    this.#runnables = runnables;
    this.#options = options;
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    for (const runnable of this.#runnables) {
      if (this.#stopping) return;
      try {
        await runnable.start();
      } catch (e) {
        await this.stop();
        throw e;
      }
      this.#started.push(runnable);
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { grace, warn } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), grace);
    });
    try {
      while (this.#started.length > 0) {
        const runnable = this.#started.pop()!;
        try {
          const outcome = await Promise.race([Promise.resolve(runnable.stop()), late]);
          if (outcome !== "late") continue;
          warn(`${runnable.name} did not stop within ${grace} ms; it is left behind`);
          return;
        } catch (e) {
          warn(`${runnable.name} failed to stop: ${sayError(e)}`);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Where signals come from: `process` is one. */
export interface Signals {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/**
 * Waits for the first SIGINT or SIGTERM and stops; the second one forces. Needed as process 1 in a pod too, where Node
 * ignores both unless they are handled.
 */
export async function untilSignal(signals: Signals, lifecycle: Lifecycle, force: () => void): Promise<void> {
  let seen = 0;
  const names = ["SIGINT", "SIGTERM"] as const;
  let first: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    first = resolve;
  });
  const listener = () => (++seen === 1 ? first() : force());
  for (const name of names) signals.on(name, listener);
  try {
    await asked;
    await lifecycle.stop();
  } finally {
    for (const name of names) signals.off(name, listener);
  }
}
