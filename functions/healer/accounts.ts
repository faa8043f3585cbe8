/** What came of remedies, per case and operation: a fold over topics `remedies`, `findings` and `events`. */
import type { NodeCondition } from "#sdk/operation/condition.ts";
import { conditionEpisode, conditionFingerprint, isWell } from "#sdk/operation/condition.ts";
import type { Finding } from "#sdk/terms.ts";
import { type Account, emptyAccount } from "./account.ts";
import { CONDITION } from "./matching.ts";
import { Recent } from "./recent.ts";
import { Repairs } from "./repairs.ts";
import { type Rate, Successes } from "./successes.ts";
import type { Word } from "./words.ts";

interface Request {
  readonly account: Account;
  readonly remedier: string;
  readonly fingerprint: string;
  readonly episode: number;
}

export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #requests = new Recent<string, Request>();
  readonly #seen = new Recent<string, true>();
  readonly #repairs = new Repairs();
  readonly #successes = new Successes();

  /** A word on a remedy; what is due is none yet. */
  take(word: Word): void {
    if (word.what === "due") return;
    // Told twice it is the same word.
    const told = `${word.id}/${word.what}`;
    if (this.#seen.has(told)) return;
    this.#seen.set(told, true);
    const request = this.#requestOf(word);
    if (request) this.#count(word, request);
  }

  finding({ fingerprint, episode, resolvedAt, reason }: Finding): void {
    this.#repairs.finding({
      fingerprint,
      episode,
      ...(resolvedAt !== undefined && { resolved: Date.parse(resolvedAt) }),
      isWithdrawn: reason !== undefined,
    });
  }

  condition(fact: NodeCondition): void {
    const fingerprint = conditionFingerprint(fact.cluster, fact.node, fact.type);
    const at = conditionEpisode(fact);
    // A node that does not say since when has no lives to tell apart.
    if (at === 0) return;
    if (fact.gone === true) this.#repairs.gone(fingerprint);
    else if (isWell(fact)) this.#repairs.well(fingerprint, at);
    else this.#repairs.unwell(fingerprint, at);
  }

  /** By case, then by operation. */
  all(): readonly Account[] {
    return [...this.#accounts.values()].sort((a, b) => compare(a.case, b.case) || compare(a.operation, b.operation));
  }

  /** How often a remedier's latest operations succeeded. */
  rate(remedier: string): Rate {
    return this.#successes.rate(remedier);
  }

  /** Why a remedier only observes, where it succeeded too seldom to act. */
  flaw(remedier: string, minSuccess?: string): string | undefined {
    return this.#successes.flaw(remedier, minSuccess);
  }

  #count(word: Word, { account, remedier, fingerprint, episode }: Request): void {
    switch (word.what) {
      case "granted":
        account.asked++;
        account.granted++;
        break;
      case "denied":
        account.asked++;
        add(account.denied, word.decision?.reasons[0]?.code ?? "unanswered");
        break;
      case "waiting":
        account.asked++;
        account.waiting++;
        break;
      case "succeeded":
        account.succeeded++;
        this.#successes.succeeded(remedier);
        this.#repairs.succeeded(fingerprint, episode, word.at, account);
        break;
      case "failed": {
        const { failure = "unknown" } = word;
        add(account.failed, failure);
        this.#successes.failed(remedier, failure);
        break;
      }
      case "observed":
      case "expired":
      case "escalated":
        account[word.what]++;
    }
  }

  /** An executor does not say for which case it acts, or by which remedier: what was granted does. */
  #requestOf(word: Word): Request | undefined {
    const known = this.#requests.get(word.id);
    const { case: name, operation, remedier, finding } = word;
    if (known || name === undefined || remedier === undefined || !finding) return known;
    const key = JSON.stringify([name, operation]);
    const account = this.#accounts.get(key) ?? emptyAccount(name, operation);
    this.#accounts.set(key, account);
    const request = { account, remedier, ...finding };
    this.#requests.set(word.id, request);
    // That it was asked for says that it was raised: topic `findings` may hold nothing of it any more.
    const { fingerprint, episode } = finding;
    if (!name.startsWith(CONDITION)) this.#repairs.finding({ fingerprint, episode });
    return request;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const add = (counts: Record<string, number>, key: string): void => void (counts[key] = (counts[key] ?? 0) + 1);

export type { Account };
