import type { LogRecord } from "../log.ts";
import type { Fetched as Step } from "../subscription.ts";
import { Doubles } from "./doubles.ts";
import { groupBy } from "./group-by.ts";
import { isPassing, refusal } from "./kafka-fault.ts";
import type { Fetch, Fetched, WireError } from "./wire.ts";

export interface FeedParts {
  readonly topic: string;
  /** What may wait here, in records of a partition; beyond it the partition is not read for a while. */
  readonly ahead: number;
  leader(partition: number): Promise<number | undefined>;
  fetch(node: number, parts: readonly Fetch[], wait: number): Promise<readonly Fetched[]>;
  /** What is kept of a partition begins there. */
  start(partition: number): Promise<number>;
  /** What was known of the leaders was wrong. */
  stale(): void;
  met(error: unknown): void;
  over(): void;
  /** Records that were to be read are no longer kept: it goes on at `to`. */
  gone(partition: number, from: number, to: number): void;
  /** There may be something new. */
  wake(): void;
}

interface Reading {
  /** The next to ask for. */
  next: number;
  readonly waiting: LogRecord[];
  readonly doubles: Doubles;
  /** What was there when it began. */
  readonly target: number;
  /** One past the last, as last heard. */
  end: number;
  isAway: boolean;
}

const [WAIT, SHORT_WAIT] = [500, 20];
const RETRY = 200;

/** Reads partitions ahead of the handler: at most one fetch to each node, none for a partition with enough in hand. */
export class Feed {
  readonly #parts: FeedParts;
  readonly #readings = new Map<number, Reading>();
  readonly #busy = new Set<number>();
  /** Partitions that could not be read when last tried. */
  readonly #ailing = new Set<number>();
  #failure: unknown;
  #turn = 0;
  #closed = false;
  #pumping = false;
  #again = false;
  #retry: NodeJS.Timeout | undefined;
  /** Which partitions are read is not known yet, or is about to change: nothing is handed out. */
  isHeld = true;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** Partitions that are read, and how far each is from its end. */
  *lags(): Iterable<{ readonly partition: number; readonly lag: number }> {
    for (const [partition, reading] of this.#readings)
      yield { partition, lag: Math.max(0, reading.end - placeOf(reading)) };
  }

  has(partition: number): boolean {
    return this.#readings.has(partition);
  }

  /** Reads these from now on, and no others; one that was read before goes on where it is. */
  assign(starts: ReadonlyMap<number, { readonly from: number; readonly target: number }>): void {
    for (const partition of this.#readings.keys()) if (!starts.has(partition)) this.#readings.delete(partition);
    for (const partition of this.#ailing) if (!starts.has(partition)) this.#well(partition);
    for (const [partition, { from, target }] of starts) {
      if (this.#readings.has(partition)) continue;
      const reading = { next: from, waiting: [], doubles: new Doubles(), target, end: target, isAway: false };
      this.#readings.set(partition, reading);
    }
    this.isHeld = false;
    this.#parts.wake();
    this.#pump();
  }

  /** What is read belongs to others now: nothing of it is handed out any more. */
  lose(): void {
    this.#readings.clear();
    for (const partition of this.#ailing) this.#well(partition);
    this.isHeld = true;
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    this.#parts.wake();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#parts.over();
  }

  /** For the subscription: `next` is 1 once all that was there at first has been handed out, and handled when it asks again. */
  take(max: number): Step {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.isHeld) return { records: [], next: 0, idle: true };
    const all = [...this.#readings.values()];
    for (let n = 0; n < all.length; n++) {
      const at = (this.#turn + n) % all.length;
      const reading = all[at]!;
      if (reading.waiting.length === 0) continue;
      this.#turn = at + 1;
      const records = reading.waiting.splice(0, max);
      if (!reading.isAway && reading.waiting.length < this.#parts.ahead / 2) this.#pump();
      return { records, next: this.#isCaughtUp(), idle: false };
    }
    return { records: [], next: this.#isCaughtUp(), idle: true };
  }

  #isCaughtUp(): 0 | 1 {
    for (const reading of this.#readings.values()) if (placeOf(reading) < reading.target) return 0;
    return 1;
  }

  #pump(): void {
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = true;
    void this.#askAll().finally(() => {
      this.#pumping = false;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.#pump();
      }
    });
  }

  async #askAll(): Promise<void> {
    const wanted = [...this.#readings].filter(
      ([, { isAway, waiting }]) => !isAway && waiting.length < this.#parts.ahead,
    );
    try {
      const leads = await Promise.all(wanted.map(([partition]) => this.#parts.leader(partition)));
      const isPartial = wanted.length < this.#readings.size;
      for (const [node, own] of groupBy(wanted.keys(), (at) => leads[at])) {
        if (node === undefined) {
          const partitions = own.map((at) => wanted[at]![0]);
          this.#troubled(new Error(`nobody leads ${this.#parts.topic}/${partitions.join()} at present`), partitions);
          continue;
        }
        // Others of the node's may want something soon: they must not wait behind this one.
        if (!this.#busy.has(node) && !this.#closed)
          void this.#ask(
            node,
            own.map((at) => wanted[at]!),
            isPartial,
          );
      }
    } catch (e) {
      this.#troubled(
        e,
        wanted.map(([partition]) => partition),
      );
    }
  }

  async #ask(node: number, own: readonly (readonly [number, Reading])[], isPartial: boolean): Promise<void> {
    this.#busy.add(node);
    const { topic } = this.#parts;
    const parts = own.map(([partition, { next }]) => ({ topic, partition, from: next }));
    for (const [, reading] of own) reading.isAway = true;
    let isWell = true;
    try {
      const answers = await this.#parts.fetch(node, parts, isPartial ? SHORT_WAIT : WAIT);
      for (const answer of answers) {
        const reading = this.#readings.get(answer.partition);
        // Lost while it was on its way, or read anew from elsewhere.
        if (reading === undefined || !own.some(([, one]) => one === reading)) continue;
        isWell = (await this.#received(answer, reading)) && isWell;
      }
    } catch (e) {
      isWell = false;
      this.#troubled(
        e,
        own.map(([partition]) => partition),
      );
    }
    for (const [, reading] of own) reading.isAway = false;
    this.#busy.delete(node);
    if (!this.#closed && isWell) this.#pump();
  }

  async #received(answer: Fetched, reading: Reading): Promise<boolean> {
    const { partition, error, records, next, end } = answer;
    if (error !== undefined) {
      if ((error as WireError).type === "OFFSET_OUT_OF_RANGE") {
        const to = await this.#parts.start(partition);
        this.#parts.gone(partition, reading.next, to);
        reading.next = to;
        return true;
      }
      this.#troubled(error, [partition]);
      return false;
    }
    this.#well(partition);
    reading.end = end;
    if (next === reading.next) return true;
    reading.next = next;
    for (const { record, mark } of records)
      if (mark === undefined || !reading.doubles.seen(mark)) reading.waiting.push(record);
    this.#parts.wake();
    return true;
  }

  #well(partition: number): void {
    if (this.#ailing.delete(partition) && this.#ailing.size === 0) this.#parts.over();
  }

  /** They are tried again a little later, and others are read meanwhile. */
  #troubled(error: unknown, partitions: readonly number[]): void {
    if (this.#closed) return;
    for (const partition of partitions) if (this.#readings.has(partition)) this.#ailing.add(partition);
    if (!isPassing(error)) return this.fail(refusal(this.#parts.topic, error));
    this.#parts.met(error);
    this.#parts.stale();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#pump(), RETRY);
  }
}

/** Nothing below it is still to be handed out. */
const placeOf = ({ waiting, next }: Reading): number => waiting[0]?.offset ?? next;
