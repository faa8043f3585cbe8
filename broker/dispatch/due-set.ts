import type { Headers } from "../log/log.ts";

/** A check that waits to be run. */
export interface DueCheck {
  /** (cluster, instance, key), as the record's key. */
  readonly key: string;
  readonly id: string;
  /** Of its record. */
  readonly headers?: Headers;
  /** JSON text of the check. */
  readonly text: string;
  /** Unix ms: when its rows were taken. */
  readonly at: number;
  /** How often it was tried before. */
  readonly tries: number;
  /** Where its record stands. */
  readonly partition: number;
  readonly offset: number;
}

/**
 * Checks are states, not messages: a set of due keys. The latest of a key wins, one of a key is in flight, and the set
 * is never larger than there are keys.
 */
export class DueSet {
  readonly #ready = new Map<string, DueCheck>();
  /** Keys that came again while they are in flight (undefined = they did not). */
  readonly #flying = new Map<string, DueCheck | undefined>();
  readonly #inFlight = new Map<string, DueCheck>();

  get waiting(): number {
    return this.#ready.size;
  }

  get inFlight(): number {
    return this.#flying.size;
  }

  /** Gives the one of its key that waited and need not be run any more. */
  put(check: DueCheck): DueCheck | undefined {
    const set = this.#flying.has(check.key) ? this.#flying : this.#ready;
    const before = set.get(check.key);
    set.set(check.key, check);
    return before;
  }

  /** The key needs no check any more. Gives the one that waited. */
  remove(key: string): DueCheck | undefined {
    const before = this.#ready.get(key) ?? this.#flying.get(key);
    this.#ready.delete(key);
    if (this.#flying.has(key)) this.#flying.set(key, undefined);
    return before;
  }

  /** What waits of a partition is another's to run. */
  drop(partition: number): void {
    for (const [key, check] of this.#ready) if (check.partition === partition) this.#ready.delete(key);
    for (const [key, next] of this.#flying) if (next?.partition === partition) this.#flying.set(key, undefined);
  }

  /**
   * Takes up to so many, and of about so many characters in all: the one that waits longest first, and one at least; each
   * of a key that is not in flight.
   */
  take(most: number, size = Number.POSITIVE_INFINITY): DueCheck[] {
    const taken: DueCheck[] = [];
    let length = 0;
    for (const check of this.#ready.values()) {
      length += check.text.length;
      if (taken.length === most || (taken.length > 0 && length > size)) break;
      taken.push(check);
    }
    for (const check of taken) {
      this.#ready.delete(check.key);
      this.#flying.set(check.key, undefined);
      this.#inFlight.set(check.id, check);
    }
    return taken;
  }

  /** Takes all that waits, also what waits for its key to come back. */
  takeAll(): DueCheck[] {
    const taken = [...this.#ready.values()];
    this.#ready.clear();
    for (const [key, next] of this.#flying) {
      if (next) taken.push(next);
      this.#flying.set(key, undefined);
    }
    return taken;
  }

  /** The check is answered, or given up. A later one of its key may go now. */
  finish({ key, id }: DueCheck): void {
    const next = this.#flying.get(key);
    this.#flying.delete(key);
    this.#inFlight.delete(id);
    if (next) this.#ready.set(key, next);
  }

  /** All that waits or is in flight. */
  *all(): Iterable<DueCheck> {
    yield* this.#inFlight.values();
    yield* this.#ready.values();
    for (const next of this.#flying.values()) if (next) yield next;
  }

  /** Whether a check with this key and id waits or is in flight. */
  has(key: string, id: string): boolean {
    return this.#inFlight.has(id) || this.#ready.get(key)?.id === id || this.#flying.get(key)?.id === id;
  }

  holds(key: string): boolean {
    return this.#ready.has(key) || this.#flying.has(key);
  }

  /** Whether another check of its key came after it. */
  isOutdated({ key }: DueCheck): boolean {
    return this.#flying.get(key) !== undefined || this.#ready.has(key);
  }
}
