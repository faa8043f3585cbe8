import { fault } from "../errors.ts";
import type { Call } from "./function.ts";

/** Looks per deadline: a call may be late by such a part of it. */
const LOOKS = 20;

/**
 * Ends calls that take too long. All have the same time, so the one that came first is late first, and one timer for
 * all does: a timer for each would cost more than the rest of a call.
 */
export class Deadline {
  readonly #ms: number;
  readonly #running = new Set<RunningCall>();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = setInterval(() => this.#look(), ms / LOOKS).unref();
  }

  /** From now on its time runs. */
  watch(call: RunningCall): void {
    call.until = performance.now() + this.#ms;
    this.#running.add(call);
  }

  /** False: it was late, and that was told. */
  end(call: RunningCall): boolean {
    return this.#running.delete(call);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const call of this.#running) {
      if (call.until > now) return;
      this.#running.delete(call);
      call.abort(fault("function-late", { deadline: this.#ms }));
    }
  }
}

export class RunningCall implements Call {
  until = 0;
  readonly #late: (e: Error) => void;
  #abort: AbortController | undefined;
  #isLate = false;

  /** `late` is told instead of the work's outcome where that takes too long. */
  constructor(late: (e: Error) => void) {
    this.#late = late;
  }

  /** Made when it is asked for: most functions never do. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isLate) this.#abort.abort();
    return this.#abort.signal;
  }

  abort(e: Error): void {
    this.#isLate = true;
    this.#abort?.abort();
    this.#late(e);
  }
}
