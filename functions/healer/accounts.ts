/** What came of remedies, per case and operation: a fold over topics `remedies` and `findings`. */
import type { LogRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import type { Failed } from "#sdk/operation/outcome.ts";
import type { About, NotGranted } from "#sdk/operation/remedy.ts";
import type { Finding } from "#sdk/terms.ts";

export interface Account {
  readonly case: string;
  readonly operation: string;
  asked: number;
  granted: number;
  /** Per code of the first reason. */
  readonly denied: Record<string, number>;
  waiting: number;
  succeeded: number;
  /** Per failure. */
  readonly failed: Record<string, number>;
  expired: number;
  observed: number;
  escalated: number;
  /** Findings that were resolved after a success. */
  repaired: number;
  /** ms from raised to resolved, of those. */
  repairTime: number;
  /** Raised again within an hour of a success. */
  cameBack: number;
}

interface Request {
  readonly account: Account;
  readonly remedier: string;
  readonly fingerprint: string;
}

/** ms within which a finding that is raised again has come back. */
const COMES_BACK = 60 * 60_000;
/** Outcomes that a judgement of a remedier needs, and how many of the latest count. */
const ENOUGH = 5;
const LATEST = 20;
const MIN_SUCCESS = "50%";
/** Failures that say nothing of the operation: it was not begun. */
const NO_FAULT = new Set(["too-late", "stale-fence", "busy", "brake", "target-gone"]);

export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #requests = new Map<string, Request>();
  /** Per remedier: the latest outcomes. */
  readonly #outcomes = new Map<string, boolean[]>();
  /** Per fingerprint: when an operation for it last succeeded, and whose account that is. */
  readonly #succeeded = new Map<string, { readonly at: number; readonly account: Account; isRepaired: boolean }>();
  readonly #seen = new Set<string>();

  take({ headers, value, time }: LogRecord): void {
    const { ce_type: type, ce_id: id = "" } = headers;
    if (value === null || type === undefined || !type.startsWith("dev.roundsman.remedy.") || type === TYPES.remedyDue)
      return;
    // Told twice it is the same word.
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    dropOldest(this.#seen);
    const data = parseJson(value) as Partial<About & Granted & NotGranted & Failed> & { id: string };
    const request = this.#requestOf(data);
    if (!request) return;
    const { account, remedier, fingerprint } = request;
    switch (type) {
      case TYPES.remedyGranted:
        account.asked++;
        account.granted++;
        break;
      case TYPES.remedyDenied: {
        account.asked++;
        const code = data.decision?.reasons[0]?.code ?? "unanswered";
        account.denied[code] = (account.denied[code] ?? 0) + 1;
        break;
      }
      case TYPES.remedyWaiting:
        account.asked++;
        account.waiting++;
        break;
      case TYPES.remedyObserved:
        account.observed++;
        break;
      case TYPES.remedyExpired:
        account.expired++;
        break;
      case TYPES.remedyEscalated:
        account.escalated++;
        break;
      case TYPES.remedySucceeded:
        account.succeeded++;
        this.#outcome(remedier, true);
        this.#succeeded.set(fingerprint, { at: time, account, isRepaired: false });
        break;
      case TYPES.remedyFailed: {
        const failure = data.failure ?? "unknown";
        account.failed[failure] = (account.failed[failure] ?? 0) + 1;
        if (!NO_FAULT.has(failure)) this.#outcome(remedier, false);
      }
    }
  }

  finding({ fingerprint, state, firstSeen, resolvedAt, episode }: Finding): void {
    const success = this.#succeeded.get(fingerprint);
    if (!success) return;
    const { account, at } = success;
    if (state === "resolved" && !success.isRepaired && resolvedAt !== undefined && Date.parse(resolvedAt) >= at) {
      success.isRepaired = true;
      account.repaired++;
      account.repairTime += Date.parse(resolvedAt) - Date.parse(firstSeen);
    } else if (state === "open" && success.isRepaired) {
      this.#succeeded.delete(fingerprint);
      if (episode - at <= COMES_BACK) account.cameBack++;
    }
  }

  /** Whether a remedier succeeded too seldom to act: of its latest outcomes, where there are enough. */
  hasFailed(remedier: string, minSuccess: string = MIN_SUCCESS): boolean {
    const outcomes = this.#outcomes.get(remedier) ?? [];
    if (outcomes.length < ENOUGH) return false;
    const share = outcomes.filter(Boolean).length / outcomes.length;
    return share * 100 < Number(minSuccess.slice(0, -1));
  }

  all(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  #outcome(remedier: string, isSuccess: boolean): void {
    const outcomes = this.#outcomes.get(remedier) ?? [];
    outcomes.push(isSuccess);
    if (outcomes.length > LATEST) outcomes.shift();
    this.#outcomes.set(remedier, outcomes);
  }

  #requestOf({
    id,
    case: name,
    operation,
    remedier,
    finding,
  }: Partial<About> & { readonly id: string }): Request | undefined {
    const known = this.#requests.get(id);
    if (known || name === undefined || operation === undefined || remedier === undefined || !finding) return known;
    const key = JSON.stringify([name, operation]);
    let account = this.#accounts.get(key);
    if (!account) this.#accounts.set(key, (account = emptyAccount(name, operation)));
    const request = { account, remedier, fingerprint: finding.fingerprint };
    this.#requests.set(id, request);
    dropOldest(this.#requests);
    return request;
  }
}

/** Doubles, and the end of an operation, come soon after: so many are remembered. */
const REMEMBERED = 100_000;

function dropOldest(all: Set<string> | Map<string, unknown>): void {
  if (all.size > REMEMBERED) for (const first of all.keys()) return void all.delete(first);
}

const emptyAccount = (name: string, operation: string): Account => ({
  case: name,
  operation,
  asked: 0,
  granted: 0,
  denied: {},
  waiting: 0,
  succeeded: 0,
  failed: {},
  expired: 0,
  observed: 0,
  escalated: 0,
  repaired: 0,
  repairTime: 0,
  cameBack: 0,
});
