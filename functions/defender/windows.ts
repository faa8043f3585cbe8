/**
 * Exact sliding windows: the moments of all that was granted, per key, oldest first. Of N per window only the Nth last
 * moment decides, so a check costs the same whatever N is; and any number of windows share one list.
 */
export class Windows {
  readonly #moments = new Map<string, number[]>();

  of(key: string): readonly number[] {
    return this.#moments.get(key) ?? NONE;
  }

  add(key: string, at: number): void {
    const moments = this.#moments.get(key);
    if (moments) moments.push(at);
    else this.#moments.set(key, [at]);
  }

  /** The so manieth last of the key was at this moment. */
  renew(key: string, last: number, at: number): void {
    const moments = this.#moments.get(key)!;
    moments[moments.length - last] = at;
  }

  /** Forgets the oldest of the key, which no window reaches any more. */
  drop(key: string): void {
    const moments = this.#moments.get(key);
    if (moments === undefined) return;
    if (moments.length === 1) this.#moments.delete(key);
    else moments.shift();
  }

  keys(): IterableIterator<string> {
    return this.#moments.keys();
  }

  get size(): number {
    return this.#moments.size;
  }
}

const NONE: readonly number[] = [];

/**
 * The last moment at which the window still is full: a grant may come after it. `span` = window + ε, since an operation may
 * begin up to ε after its grant. Minus infinity where it is not full at all; infinity where nothing is ever allowed.
 */
export const fullUntil = (moments: readonly number[], most: number, span: number): number =>
  most <= 0
    ? Number.POSITIVE_INFINITY
    : moments.length < most
      ? Number.NEGATIVE_INFINITY
      : moments[moments.length - most]! + span;

/** How many of the moments the window still holds. */
export function held(moments: readonly number[], now: number, span: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (now - moments[middle]! > span) low = middle + 1;
    else high = middle;
  }
  return moments.length - low;
}
