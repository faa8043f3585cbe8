import { fault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Input } from "./input.ts";
import type { Written } from "./journal.ts";

/** An input whose answer is waited for. */
export interface Waiting {
  readonly input: Input;
  /** By the monotonic clock: nobody waits after it. */
  readonly until: number;
  resolve(written: Written): void;
  reject(error: unknown): void;
}

const SWEEP = 100;

/** What was asked of a shared journal and is not answered yet: what waits to be appended, and what waits to be read again. */
export class Pending {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #patience: { readonly request: number; readonly act: number };
  #waiting: Waiting[] = [];
  readonly #sent = new Map<string, Waiting>();
  #sweep: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];

  constructor(clock: Pick<Clock, "monotonic">, patience: { readonly request: number; readonly act: number }) {
    this.#clock = clock;
    this.#patience = patience;
  }

  add(input: Input): Promise<Written> {
    const patience = input.kind === "request" ? this.#patience.request : this.#patience.act;
    const until = this.#clock.monotonic() + patience;
    this.#sweep ??= setInterval(() => this.#expire(), SWEEP).unref();
    return new Promise((resolve, reject) => this.#waiting.push({ input, until, resolve, reject }));
  }

  take(most: number): Waiting[] {
    return this.#waiting.splice(0, most);
  }

  has(kind: Input["kind"]): boolean {
    const isOf = ({ input }: Waiting) => input.kind === kind;
    return this.#waiting.some(isOf) || [...this.#sent.values()].some(isOf);
  }

  /** It is on its way under this key. */
  send(key: string, waiting: Waiting): void {
    this.#sent.set(key, waiting);
  }

  settle(key: string, written: Written): void {
    this.#sent.get(key)?.resolve(written);
    this.#drop(key);
  }

  /** It had no effect: it is appended anew. @returns whether somebody waits for it */
  again(key: string): boolean {
    const waiting = this.#sent.get(key);
    if (!waiting) return false;
    this.#sent.delete(key);
    this.#waiting.push(waiting);
    return true;
  }

  refuse(batch: readonly Waiting[], error: unknown): void {
    const all = new Set(batch);
    for (const [key, waiting] of this.#sent) {
      if (!all.has(waiting)) continue;
      waiting.reject(error);
      this.#drop(key);
    }
  }

  /** Resolves when nobody waits. */
  async answered(): Promise<void> {
    if (this.#sent.size + this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Nobody is answered any more. */
  end(error: unknown): void {
    for (const { reject } of [...this.#waiting.splice(0), ...this.#sent.values()]) reject(error);
    this.#sent.clear();
    clearInterval(this.#sweep);
    this.#wake();
  }

  #drop(key: string): void {
    this.#sent.delete(key);
    this.#wake();
  }

  #wake(): void {
    if (this.#sent.size + this.#waiting.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** What was sent may be in the log, and count there; who asked is told no. */
  #expire(): void {
    const now = this.#clock.monotonic();
    const late = ({ until }: Waiting) => until <= now;
    const error = () => fault("defender-unavailable", { what: "its log did not answer in time" });
    for (const waiting of this.#waiting.filter(late)) waiting.reject(error());
    this.#waiting = this.#waiting.filter((one) => !late(one));
    for (const [key, waiting] of this.#sent) {
      if (!late(waiting)) continue;
      waiting.reject(error());
      this.#sent.delete(key);
    }
    this.#wake();
  }
}
