import type { Log } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { decisionRecord } from "./records.ts";
import type { State, Untold } from "./state.ts";
import { untoldOf } from "./writers.ts";

/** Decisions of one append. */
const TELL = 5_000;

/**
 * Writes to topic `decisions` what one writer of a shared log has to tell: what was decided of its own records, and what it
 * took over from one that fell silent. How far it is stands on its next record, so that whoever takes over from it knows.
 */
export class Teller {
  readonly #log: Log;
  readonly #state: () => State;
  #name = "";
  #told = 0;
  #end = 0;
  #running: Promise<void> | undefined;

  constructor(log: Log, state: () => State) {
    this.#log = log;
    this.#state = state;
  }

  async open(): Promise<void> {
    this.#end = await this.#log.end("decisions");
  }

  /** As another writer from here on. */
  begin(name: string): void {
    this.#name = name;
    this.#told = 0;
  }

  /** What goes onto the next record. */
  get far(): { readonly told: number; readonly end: number } {
    return { told: this.#told, end: this.#end };
  }

  /** Tells all there is. Rejects where it cannot be written. */
  tell(): Promise<void> {
    this.#running ??= this.#tell().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #tell(): Promise<void> {
    for (;;) {
      const name = this.#name;
      const all = untoldOf(this.#state(), name, this.#told, TELL);
      if (all.length === 0) return;
      const known = await this.#known(all);
      const records = all.filter((one) => !known.has(one.decision.offset)).map((one) => decisionRecord(one.decision));
      const positions = records.length > 0 ? await this.#log.append(records) : [];
      if (positions.length > 0) this.#end = positions.at(-1)!.offset + 1;
      if (this.#name === name) this.#told += all.length;
    }
  }

  /** Of those that were taken over: which ones stand there already. */
  async #known(all: readonly Untold[]): Promise<ReadonlySet<number>> {
    const known = new Set<number>();
    const since = Math.min(...all.map((one) => one.since ?? Number.POSITIVE_INFINITY));
    if (since === Number.POSITIVE_INFINITY) return known;
    for await (const records of this.#log.read("decisions", { from: since }))
      for (const { value } of records) if (value !== null) known.add((parseJson(value) as Decision).offset);
    return known;
  }
}
