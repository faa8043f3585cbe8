import { setTimeout as wait } from "node:timers/promises";
import type { Finding } from "#sdk/terms.ts";
import type { Roundsman } from "./roundsman.ts";

/** One life of a finding, as a caller of the API saw it. */
export interface Seen {
  readonly finding: Finding;
  /** Unix ms of the answer that showed it first; of the first that showed it resolved. */
  readonly raised: number;
  readonly resolved?: number;
}

/** ms between questions. */
const EVERY = 40;

/** Asks the API again and again, and keeps what it ever said. */
export class Recorder {
  readonly #of: Roundsman;
  readonly #seen = new Map<string, Seen>();
  readonly #stop = new AbortController();
  #listeners: (() => void)[] = [];
  #asking: Promise<void> | undefined;
  #failed: Error | undefined;

  constructor(of: Roundsman) {
    this.#of = of;
  }

  start(): void {
    this.#asking ??= this.#ask().catch((e) => {
      this.#failed = new Error(`Roundsman does not answer: ${e.cause ?? e}\n${this.#of.stderr.slice(-2_000)}`);
      this.#tell();
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#asking;
  }

  /** All episodes so far. */
  get seen(): readonly Seen[] {
    return [...this.#seen.values()];
  }

  /** Resolves with what `look` gives, once it gives something. @throws where it does not within so many ms */
  async until<T>(what: string, within: number, look: (seen: readonly Seen[]) => T | undefined): Promise<T> {
    const end = Date.now() + within;
    for (;;) {
      if (this.#failed) throw this.#failed;
      const found = look(this.seen);
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`${what}: not within ${Math.round(within)} ms`);
      await new Promise<void>((done) => this.#listeners.push(done));
    }
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const findings = await this.#of.findings();
      const at = Date.now();
      for (const finding of findings) {
        const id = `${finding.fingerprint}/${finding.episode}`;
        const known = this.#seen.get(id);
        const resolved = known?.resolved ?? (finding.state === "resolved" ? at : undefined);
        const raised = known?.raised ?? at;
        this.#seen.set(id, { finding, raised, ...(resolved !== undefined && { resolved }) });
      }
      this.#tell();
      await wait(EVERY, undefined, { signal }).catch(() => undefined);
    }
  }

  #tell(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const done of listeners) done();
  }
}
