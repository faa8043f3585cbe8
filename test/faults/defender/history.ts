import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Call } from "../../property/decision-history.ts";

/** A run as JSON lines: what was asked and answered and when, what was done to the process. Kept where the run failed. */
export class History {
  readonly #stream: WriteStream;
  #lines: string[] = [];

  constructor(path: string) {
    this.#stream = createWriteStream(path);
  }

  note(what: Call | { readonly fault: string; readonly at: number; readonly rate: number }): void {
    this.#lines.push(JSON.stringify(what));
    if (this.#lines.length < 1_000) return;
    this.#flush();
  }

  #flush(): void {
    if (this.#lines.length > 0) this.#stream.write(`${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }

  async close(): Promise<void> {
    this.#flush();
    this.#stream.end();
    await finished(this.#stream);
  }
}
