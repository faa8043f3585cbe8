import { Worker } from "node:worker_threads";

import type { Answers, Batch, CaseModule, Ready, WorkerData } from "./messages.ts";
import { LOADED, RUNNING } from "./messages.ts";

export interface ThreadOptions {
  /** The bundled worker. */
  readonly entry: URL;
  readonly modules: readonly CaseModule[];
  /** ms that loading one module, or one check, may take. */
  readonly deadline: number;
  /** Heap of the thread, MiB. */
  readonly heap: number;
}

/** In place of a module's: the thread has not come to the first one yet. */
const NOT_BEGUN = -1;
/** ms that a thread may take until then. */
const BEGINS = 30_000;

/** Why a batch was not answered: its thread is gone. */
export class ThreadEnded extends Error {
  /** Which check was running; undefined = none. */
  readonly at: number | undefined;
  readonly code: "case-deadline" | "case-memory" | "case-exit";

  constructor(code: ThreadEnded["code"], at: number | undefined, message: string) {
    super(message);
    this.code = code;
    this.at = at;
  }
}

/** One worker thread. It is ended when a check takes too long, and is then of no more use. */
export class Thread {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #state: Int32Array;
  #waiting: { resolve(value: unknown): void; reject(reason: unknown): void } | undefined;
  #ended: ThreadEnded | undefined;
  readonly ready: Promise<Ready>;

  constructor(options: ThreadOptions) {
    this.#options = options;
    const progress = new SharedArrayBuffer(8);
    this.#state = new Int32Array(progress);
    Atomics.store(this.#state, LOADED, NOT_BEGUN);
    this.#worker = new Worker(options.entry, {
      workerData: { modules: options.modules, progress } satisfies WorkerData,
      execArgv: ["--enable-source-maps"],
      resourceLimits: { maxOldGenerationSizeMb: options.heap, maxYoungGenerationSizeMb: 8 },
      env: {},
    });
    this.#worker.on("message", (message) => this.#waiting?.resolve(message));
    this.#worker.on("error", (e: NodeJS.ErrnoException) => {
      const memory = e.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#end(
        memory ? "case-memory" : "case-exit",
        memory ? `took more than ${options.heap} MiB of memory` : `ended its thread: ${e.message}`,
      );
    });
    this.#worker.on("exit", () => this.#end("case-exit", "ended its thread; a check may not call process.exit"));
    this.ready = this.#exchange<Ready>(LOADED);
    this.ready.catch(() => undefined); // whoever runs a batch is told
  }

  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** @throws ThreadEnded: names the check that was to blame */
  async run(checks: readonly string[]): Promise<readonly string[]> {
    const answers = this.#exchange<Answers>(RUNNING);
    this.#worker.postMessage({ checks } satisfies Batch);
    return (await answers).verdicts;
  }

  async stop(): Promise<void> {
    this.#ended ??= new ThreadEnded("case-exit", undefined, "was stopped");
    await this.#worker.terminate();
  }

  /** Waits for the next message, as long as the place in `progress` moves on within the deadline. */
  async #exchange<T>(place: number): Promise<T> {
    if (this.#ended) throw this.#ended;
    const answer = new Promise<T>((resolve, reject) => {
      this.#waiting = { resolve: resolve as (value: unknown) => void, reject };
    });
    const { deadline } = this.#options;
    // That a machine is slow to start a thread is no case's doing.
    const limit = (now: number) => (place === LOADED && now === NOT_BEGUN ? Math.max(BEGINS, deadline) : deadline);
    let at = Atomics.load(this.#state, place);
    let since = performance.now();
    const timer = setInterval(() => {
      const now = Atomics.load(this.#state, place);
      if (now !== at) {
        at = now;
        since = performance.now();
      } else if (performance.now() - since > limit(now)) {
        this.#end("case-deadline", `took longer than ${limit(now)} ms`);
        void this.#worker.terminate();
      }
    }, deadline / 4);
    try {
      return await answer;
    } finally {
      clearInterval(timer);
      this.#waiting = undefined;
    }
  }

  #end(code: ThreadEnded["code"], message: string): void {
    if (this.#ended) return;
    const at = Atomics.load(this.#state, RUNNING);
    this.#ended = new ThreadEnded(code, at >= 0 ? at : undefined, message);
    this.#waiting?.reject(this.#ended);
  }

  /** Which module was being loaded when the thread ended. */
  loading(): CaseModule | undefined {
    return this.#options.modules[Atomics.load(this.#state, LOADED)];
  }
}
