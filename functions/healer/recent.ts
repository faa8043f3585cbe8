/** The end of an operation, and what is told twice, comes soon after: so many are remembered. */
const MOST = 100_000;

/**
 * A map of the latest: at least half of so many, at most all. Two generations, because a Map whose oldest is deleted with
 * each insertion walks over what was deleted.
 */
export class Recent<K, V> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(most: number = MOST) {
    this.#half = Math.ceil(most / 2);
  }

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  set(key: K, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
