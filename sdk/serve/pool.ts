import { sayError } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import type { CaseModule, Ready } from "./messages.ts";
import { Suspects } from "./suspects.ts";
import { Thread, ThreadEnded, type ThreadOptions } from "./thread.ts";

export interface PoolOptions extends ThreadOptions {
  /** Threads at most. */
  readonly size: number;
  readonly warn: (message: string) => void;
}

/** A check to run: its id, and its JSON text. */
export interface Due {
  readonly id: string;
  readonly text: string;
}

/** A check's verdict as JSON text; or why there is none. */
export type Evaluated =
  | { readonly id: string; readonly verdict: string }
  | { readonly id: string; readonly error: { readonly code: string; readonly message: string } };

/** ms */
const IDLE = 30_000;
const RETRY = 1_000;
const PATIENCE = 250;

/** What an author may do about a check that ended its thread. */
const FIX: Readonly<Record<ThreadEnded["code"], string>> = {
  "case-deadline": "a check answers at once: look for a loop that does not end",
  "case-memory": "keep less, or pick fewer fields",
  "case-exit": "say what is wrong, and return",
};

/**
 * Threads that run cases. A check that hangs, eats the heap or ends its thread is named and answered as an error; its
 * neighbours of the batch are run again on another thread. A case that does so again and again is held back for a while, so
 * that it does not take the threads from all others.
 */
export class CasePool {
  readonly #options: PoolOptions;
  readonly #idle: Thread[] = [];
  readonly #all = new Set<Thread>();
  readonly #queue: { resolve(thread: Thread): void; reject(reason: unknown): void }[] = [];
  readonly #suspects = new Suspects();
  /** Per case the author's file. */
  readonly #files = new Map<string, string>();
  #modules: readonly CaseModule[];
  #isStopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#modules = options.modules;
  }

  /** Starts the first thread. What it could load, and what not: a module that hangs is left out and named. */
  async start(): Promise<Omit<Ready, "ready">> {
    const broken: { file: string; message: string }[] = [];
    for (;;) {
      const thread = this.#spawn();
      try {
        const ready = await thread.ready;
        this.#free(thread);
        for (const { manifest, file } of ready.cases) this.#files.set(manifest.name, file);
        return { cases: ready.cases, broken: [...broken, ...ready.broken] };
      } catch (e) {
        const guilty = thread.loading();
        await this.#drop(thread);
        if (!guilty || !(e instanceof ThreadEnded)) throw e;
        broken.push({
          file: guilty.file,
          message: `${guilty.file}: loading it ${e.message}; a case does no work when it is imported`,
        });
        this.#modules = this.#modules.filter((module) => module !== guilty);
      }
    }
  }

  /** How many batches wait for a thread. */
  get waiting(): number {
    return this.#queue.length;
  }

  async evaluate(batch: readonly Due[]): Promise<Evaluated[]> {
    const done: Evaluated[] = [];
    let left = batch;
    while (left.length > 0) {
      left = this.#held(left, done);
      if (left.length === 0) break;
      const thread = await this.#take();
      try {
        const verdicts = await thread.run(left.map(({ text }) => text));
        this.#free(thread);
        if (this.#suspects.any) for (const { text } of left) this.#suspects.clear(caseOf(text));
        return [...done, ...left.map(({ id }, i) => ({ id, verdict: verdicts[i]! }))];
      } catch (e) {
        await this.#drop(thread);
        if (!(e instanceof ThreadEnded)) throw e;
        const { code } = e;
        // Nobody was running: the thread's end is nobody's fault. Alone it is tried again, so blame cannot stay open.
        const at = e.at ?? (left.length === 1 ? 0 : undefined);
        if (at === undefined) {
          const half = Math.ceil(left.length / 2);
          done.push(...(await this.evaluate(left.slice(0, half))));
          left = left.slice(half);
          continue;
        }
        const { id, text } = left[at]!;
        const name = caseOf(text);
        this.#suspects.strike(name, performance.now());
        const message = `${e.message} (${this.#files.get(name) ?? name}); ${FIX[code]}`;
        done.push({ id, error: { code, message } });
        left = left.filter((_, i) => i !== at);
      }
    }
    return done;
  }

  /** Answers those of cases that are held back; gives the others. */
  #held(checks: readonly Due[], done: Evaluated[]): readonly Due[] {
    if (!this.#suspects.any) return checks;
    const now = performance.now();
    return checks.filter(({ id, text }) => {
      const name = caseOf(text);
      const ms = this.#suspects.heldBack(name, now);
      if (ms === 0) return true;
      const where = this.#files.get(name) ?? name;
      const message = `is not run for another ${Math.ceil(ms / 1_000)} s, because the case took down its thread again and again (${where})`;
      done.push({ id, error: { code: "case-held-back", message } });
      return false;
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { reject } of this.#queue.splice(0)) reject(stopped());
    await Promise.all([...this.#all].map((thread) => this.#drop(thread)));
  }

  #spawn(): Thread {
    const thread = new Thread({ ...this.#options, modules: this.#modules });
    this.#all.add(thread);
    return thread;
  }

  async #take(): Promise<Thread> {
    if (this.#isStopped) throw stopped();
    const idle = this.#idle.pop();
    if (idle) return idle;
    const waits = new Promise<Thread>((resolve, reject) => {
      this.#queue.push({ resolve, reject });
    });
    // A thread costs 20 MB and more: another one comes only when the wait for those there are gets long.
    if (this.#all.size === 0) this.#replace();
    else setTimeout(() => this.#grow(), PATIENCE).unref();
    return waits;
  }

  #free(thread: Thread): void {
    const next = this.#queue.shift();
    if (next) return next.resolve(thread);
    this.#idle.push(thread);
    setTimeout(() => this.#shrink(), IDLE).unref();
  }

  #grow(): void {
    if (this.#queue.length > 0 && this.#all.size < this.#options.size && !this.#isStopped) this.#replace();
  }

  /** One thread stays; others that have nothing to do cost memory. */
  #shrink(): void {
    if (this.#idle.length < 2 || this.#isStopped) return;
    void this.#drop(this.#idle.shift()!);
  }

  async #drop(thread: Thread): Promise<void> {
    this.#all.delete(thread);
    await thread.stop();
    this.#grow();
  }

  #replace(): void {
    const fresh = this.#spawn();
    fresh.ready.then(
      () => this.#free(fresh),
      async (e: unknown) => {
        this.#options.warn(`a case thread did not start: ${sayError(e)}`);
        this.#all.delete(fresh);
        await fresh.stop();
        setTimeout(() => !this.#isStopped && this.#queue.length > 0 && this.#replace(), RETRY).unref();
      },
    );
  }
}

const caseOf = (text: string): string => (parseJson(text) as { case: string }).case;
const stopped = () => new ThreadEnded("case-exit", undefined, "the pool was stopped");
