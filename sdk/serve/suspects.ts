/** ms: how long a case is held back after it ended a thread twice in a row; twice as long each time after that. */
const FIRST = 5_000;
const MOST = 300_000;
/** Once may be one bad key; a case that does it again and again would take the threads from all others. */
const STRIKES = 2;

interface Suspect {
  strikes: number;
  /** Monotonic ms. */
  until: number;
}

/** Cases that hang, or end their thread: which of them are not run for a while. */
export class Suspects {
  readonly #suspects = new Map<string, Suspect>();

  get any(): boolean {
    return this.#suspects.size > 0;
  }

  /** It ended a thread. */
  strike(name: string, now: number): void {
    const strikes = (this.#suspects.get(name)?.strikes ?? 0) + 1;
    const pause = strikes < STRIKES ? 0 : Math.min(FIRST * 2 ** (strikes - STRIKES), MOST);
    this.#suspects.set(name, { strikes, until: now + pause });
  }

  /** It answered. */
  clear(name: string): void {
    this.#suspects.delete(name);
  }

  /** ms that it is still held back; 0 = it may run. */
  heldBack(name: string, now: number): number {
    return Math.max(0, (this.#suspects.get(name)?.until ?? 0) - now);
  }
}
