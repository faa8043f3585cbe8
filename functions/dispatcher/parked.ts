import type { DueCheck } from "#broker/dispatch/due-set.ts";

/** ms that a check waits for its case to be known somewhere; its watcher sends it again after that. */
const PATIENCE = 600_000;

/** Checks of cases that nothing is known to run. */
export class Parked {
  /** Those that were put first stand first. */
  readonly #checks = new Map<string, { readonly check: DueCheck; readonly since: number }>();

  get size(): number {
    return this.#checks.size;
  }

  /** `now`: monotonic ms. Gives the one of its key that was there before. */
  put(check: DueCheck, now: number): DueCheck | undefined {
    const before = this.remove(check.key);
    this.#checks.set(check.key, { check, since: now });
    return before;
  }

  remove(key: string): DueCheck | undefined {
    const before = this.#checks.get(key)?.check;
    this.#checks.delete(key);
    return before;
  }

  takeAll(): DueCheck[] {
    const all = [...this.all()];
    this.#checks.clear();
    return all;
  }

  /** Those that have waited long enough; they are taken out. */
  expired(now: number): DueCheck[] {
    const gone: DueCheck[] = [];
    for (const { check, since } of this.#checks.values()) {
      if (now - since < PATIENCE) break;
      gone.push(check);
    }
    for (const { key } of gone) this.#checks.delete(key);
    return gone;
  }

  drop(partition: number): void {
    for (const { check } of this.#checks.values()) if (check.partition === partition) this.#checks.delete(check.key);
  }

  has(key: string, id: string): boolean {
    return this.#checks.get(key)?.check.id === id;
  }

  *all(): Iterable<DueCheck> {
    for (const { check } of this.#checks.values()) yield check;
  }
}
