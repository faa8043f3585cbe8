import type { RecordReader } from "#broker/dead-letter/reader.ts";
import type { LogRecord, NewRecord } from "#broker/log/log.ts";
import { Heap } from "#broker/table/heap.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { ledgerEntryFlaw } from "#sdk/shapes.ts";
import type { Key, Mark } from "#sdk/terms.ts";

/** What the ledger holds of one key, as far as the watcher cares. */
interface Held {
  readonly cluster: string;
  readonly instance: string;
  readonly key: Key;
  readonly due?: number;
}

export interface MarkerOptions {
  readonly cluster: string;
  readonly clock: Clock;
  readonly mark: () => Mark;
  readonly append: (records: NewRecord[]) => Promise<unknown>;
  /** ms between marks. */
  readonly every: number;
  readonly failed: (e: unknown) => void;
}

/** ms: dues that lie closer together share a mark. */
const TOGETHER = 20;
/** ms after which a due that its mark did not settle (an answer was missing) is marked again, and how often. */
const AGAIN = 200;
const AGAIN_MOST = 20;

/** Marks: regularly, and whenever a `for` or a `clear` that the ledger waits for runs out. */
export class Marker {
  readonly #options: MarkerOptions;
  readonly #dues = new Map<string, number>();
  readonly #heap = new Heap<{ key: string; due: number; tries: number }>();
  #regular: NodeJS.Timeout | undefined;
  #next: NodeJS.Timeout | undefined;
  #count = 0;
  #isStopped = false;

  constructor(options: MarkerOptions) {
    this.#options = options;
  }

  /** Marks at once and from now on. */
  start(): void {
    if (this.#regular || this.#isStopped) return;
    this.#regular = setInterval(() => this.#mark(), this.#options.every);
    this.#mark();
    this.#schedule();
  }

  stop(): void {
    clearInterval(this.#regular);
    clearTimeout(this.#next);
    // What is read after this wakes nobody: a timer that was left would keep the process alive.
    this.#regular = undefined;
    this.#isStopped = true;
  }

  /** Reads what the ledger wrote. Calls back for each key of the cluster that it holds something for. */
  read(
    reader: Pick<RecordReader, "parse">,
    records: readonly LogRecord[],
    held: (instance: string, key: Key) => void,
  ): void {
    for (const record of records) {
      const { key } = record;
      const entry = reader.parse<Held>(record, ledgerEntryFlaw);
      if (entry && entry.cluster !== this.#options.cluster) continue;
      if (entry) held(entry.instance, entry.key);
      if (entry?.due === undefined) this.#dues.delete(key);
      else if (this.#dues.get(key) !== entry.due) {
        this.#dues.set(key, entry.due);
        this.#heap.push(entry.due, { key, due: entry.due, tries: 0 });
      }
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#next);
    const at = this.#heap.first;
    if (at === undefined || !this.#regular) return;
    this.#next = setTimeout(
      () => this.#due(),
      Math.min(Math.max(at - this.#options.clock.now() + 1, TOGETHER), 2 ** 31 - 1),
    );
  }

  #due(): void {
    const now = this.#options.clock.now();
    let isDue = false;
    for (let one = this.#heap.popDue(now); one !== undefined; one = this.#heap.popDue(now)) {
      if (this.#dues.get(one.key) !== one.due) continue;
      isDue = true;
      if (one.tries < AGAIN_MOST) this.#heap.push(now + AGAIN, { ...one, tries: one.tries + 1 });
    }
    if (isDue) this.#mark();
    this.#schedule();
  }

  #mark(): void {
    const { cluster, mark, append, failed } = this.#options;
    const data = mark();
    const { epoch, seq } = data.stamp;
    const id = `${cluster}/${epoch}.${seq}/${++this.#count}`;
    append([
      recordOf({
        topic: "verdicts",
        key: [cluster, "mark"],
        type: TYPES.mark,
        id,
        source: `/clusters/${cluster}/watcher`,
        dataText: JSON.stringify(data),
      }),
    ]).catch(failed);
  }
}
