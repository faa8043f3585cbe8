import type { Log } from "#broker/log/log.ts";
import { sayError } from "#sdk/errors.ts";
import type { Budget } from "./config.ts";
import { type Mark, trimInputs, withMark } from "./retention.ts";
import { freeze, thaw } from "./snapshot.ts";
import { placesIn, snapshotRecords, snapshotsIn } from "./snapshots.ts";
import type { State } from "./state.ts";

export interface ShareOptions {
  readonly log: Log;
  readonly caps: readonly Budget[];
  /** One is due where a multiple of so many offsets is passed. */
  readonly every: number;
  readonly warn: (message: string) => void;
}

/**
 * Snapshots of a log that several write: due at places that all agree on, and written by whoever wrote the record that passed
 * such a place. Where that one ends before it has, the next place has one.
 */
export class SharedSnapshots {
  readonly #options: ShareOptions;
  #marks: readonly Mark[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: ShareOptions) {
    this.#options = options;
  }

  /** The state of the latest that can be used. */
  async latest(): Promise<State | undefined> {
    const { log, caps, warn } = this.#options;
    for await (const { text, marks } of snapshotsIn(log))
      try {
        const state = thaw(text, caps);
        this.#marks = marks;
        return state;
      } catch (e) {
        warn(`the defender's snapshot is not used: ${sayError(e)}`);
      }
    return undefined;
  }

  /** To be told of every record that counts, by each replica. `isOwn`: it is this one's to write. */
  passed(before: number, state: State, isOwn: boolean): void {
    const { every } = this.#options;
    if (Math.floor(state.offset / every) === Math.floor(before / every)) return;
    const { offset, time, rules } = state;
    this.#marks = withMark(this.#marks, { offset, now: time.now }, rules.horizon);
    if (!isOwn || this.#writing) return;
    this.#writing = this.#write(state).finally(() => {
      this.#writing = undefined;
    });
  }

  async closed(): Promise<void> {
    await this.#writing;
  }

  async #write(state: State): Promise<void> {
    const { log, warn } = this.#options;
    const { offset, time, rules } = state;
    const marks = this.#marks;
    const kept = { marks, now: time.now, horizon: rules.horizon };
    try {
      const records = await snapshotRecords({ text: freeze(state), offset, marks });
      await log.append(records);
      const before = (await placesIn(log)).at(-2);
      if (before) await trimInputs(log, before, kept);
    } catch (e) {
      warn(`no snapshot, or old inputs are kept for now: ${sayError(e)}`);
    }
  }
}
