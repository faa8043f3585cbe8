/** Which success was a repair, how long that took, and what came back: successes and lives of faults, in any order. */
import type { Account } from "./account.ts";
import { Recent } from "./recent.ts";

/** From raised to resolved. */
export interface Life {
  readonly fingerprint: string;
  /** Unix ms: when it was raised. */
  readonly episode: number;
  readonly resolved?: number;
  /** It was closed for another reason than that its cause went. */
  readonly isWithdrawn?: boolean;
}

interface Known {
  /** A condition that turns from one bad status to another has several episodes in one life. */
  readonly first: number;
  episode: number;
  resolved?: number;
  isCounted: boolean;
}

interface Success {
  readonly episode: number;
  readonly at: number;
  readonly account: Account;
  isOver: boolean;
}

/** ms within which a fault that is raised again has come back. */
export const COMES_BACK = 60 * 60_000;

/** Successes of one fault that are remembered. */
const LATEST = 10;

export class Repairs {
  readonly #lives = new Recent<string, Known>();
  /** Per fault, the oldest first. */
  readonly #successes = new Recent<string, readonly Success[]>();

  /** An operation for this episode succeeded. */
  succeeded(fingerprint: string, episode: number, at: number, account: Account): void {
    const before = this.#successes.get(fingerprint) ?? [];
    this.#successes.set(fingerprint, [...before, { episode, at, account, isOver: false }].slice(-LATEST));
    this.#settle(fingerprint);
  }

  /** A finding as it stands; an older episode is no news. */
  finding({ fingerprint, episode, resolved, isWithdrawn = false }: Life): void {
    const known = this.#lives.get(fingerprint);
    if (known && known.episode > episode) return;
    if (known?.episode !== episode) this.#lives.set(fingerprint, { first: episode, episode, isCounted: false });
    const life = this.#lives.get(fingerprint)!;
    if (resolved !== undefined) life.resolved = resolved;
    if (isWithdrawn) life.isCounted = true;
    this.#settle(fingerprint);
  }

  /** A node's condition that is not well, since `episode`. */
  unwell(fingerprint: string, episode: number): void {
    const known = this.#lives.get(fingerprint);
    if (known && known.episode >= episode) return;
    if (known && known.resolved === undefined) known.episode = episode;
    else this.#lives.set(fingerprint, { first: episode, episode, isCounted: false });
    this.#settle(fingerprint);
  }

  /** A node's condition that is well since then. */
  well(fingerprint: string, at: number): void {
    const known = this.#lives.get(fingerprint);
    if (!known || known.resolved !== undefined || at < known.episode) return;
    known.resolved = at;
    this.#settle(fingerprint);
  }

  /** The node is gone, and its conditions with it: nothing was repaired. */
  gone(fingerprint: string): void {
    this.#lives.delete(fingerprint);
    this.#successes.delete(fingerprint);
  }

  #settle(fingerprint: string): void {
    const life = this.#lives.get(fingerprint);
    const successes = this.#successes.get(fingerprint) ?? [];
    if (!life) return;
    // Of a ladder the last step that succeeded is what repaired it.
    const repair = successes.findLast(({ episode }) => life.first <= episode && episode <= life.episode);
    if (repair && life.resolved !== undefined && !life.isCounted) {
      life.isCounted = true;
      repair.account.repaired++;
      repair.account.repairTime += Math.max(0, life.resolved - life.first);
    }
    for (const success of successes) {
      if (success.isOver || life.first <= success.episode) continue;
      success.isOver = true;
      if (life.first - success.at <= COMES_BACK) success.account.cameBack++;
    }
  }
}
