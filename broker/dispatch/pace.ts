/** ms: the first pause of one that takes nothing, and the longest. */
const FIRST = 100;
const LONGEST = 10_000;

/** How much is sent to one target: all that is wanted while it takes it, one at a time after it took nothing. */
export class Pace {
  readonly most: number;
  #allowed: number;
  #failures = 0;
  #until = 0;

  constructor(most: number) {
    this.most = most;
    this.#allowed = most;
  }

  /** Flights that may be in the air at once. */
  get allowed(): number {
    return this.#allowed;
  }

  /** ms until it may be asked again. */
  heldFor(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** It takes nothing. `after`: its own word on when to come again, ms. Several flights that hear so at once count once. */
  hold(now: number, after?: number): void {
    if (this.heldFor(now) > 0) return;
    const pause = Math.min(FIRST * 2 ** this.#failures++, LONGEST);
    this.#until = now + Math.min(Math.max(pause, after ?? 0), 6 * LONGEST);
    this.#allowed = 1;
  }

  /** It answered. */
  well(): void {
    this.#failures = 0;
    this.#allowed = Math.min(this.#allowed * 2, this.most);
  }
}
