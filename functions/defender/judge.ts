import type { Decision, Reason } from "#sdk/operation/decision.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import { checkApproval } from "./checks/approval.ts";
import { checkBrake } from "./checks/brake.ts";
import { checkBudgets } from "./checks/budgets.ts";
import { checkCalendars } from "./checks/calendar.ts";
import type { Check } from "./checks/check.ts";
import { checkExecutor } from "./checks/executor.ts";
import { checkJournal } from "./checks/journal.ts";
import { checkSender, isBelieved } from "./checks/sender.ts";
import { checkTrust } from "./checks/trust.ts";
import { checkView } from "./checks/view.ts";
import { remember } from "./history.ts";
import { digestOf, toldOf } from "./ids.ts";
import { keysOf } from "./rules.ts";
import type { Place } from "./scopes.ts";
import type { State, Told } from "./state.ts";

/** In the order in which a person would look. All are asked: a denial says everything that stands against it. */
const CHECKS: readonly Check[] = [
  checkJournal,
  checkSender,
  checkBrake,
  checkCalendars,
  checkTrust,
  checkView,
  checkExecutor,
  checkBudgets,
  checkApproval,
];

/** Grants or denies. One id has one answer; only an id that is new costs anything. */
export function judge(state: State, request: OperationRequest): Decision {
  const digest = digestOf(request);
  const known = state.ids.get(request.id);
  if (known)
    return decisionOf(request, known.digest === digest ? toldOf(known) : answer(state, [{ code: "id-reused" }]));
  const reasons = reasonsAgainst(state, request);
  const told = answer(state, reasons);
  const at = state.time.now;
  if (told.grant) remember(state, { fence: told.grant.fence, at, place: placeOf(request) });
  const { due } = request;
  state.idsInOrder.push(request.id);
  state.ids.set(request.id, isBelieved(reasons) ? { digest, at, due, told } : { digest, at, told });
  return decisionOf(request, told);
}

function reasonsAgainst(state: State, request: OperationRequest): Reason[] {
  const asked = { state, request, keys: keysOf(state.rules.groups, request) };
  return CHECKS.flatMap((check) => check(asked));
}

/**
 * What would be said to a request that came now, `elapsed` ms after the last record. Spends nothing: what checks note, they
 * note in a copy. `granted` comes without a grant.
 */
export function peek(state: State, request: OperationRequest, elapsed: number): Decision {
  const { now, utc } = state.time;
  const time = { ...state.time, now: now + elapsed, utc: utc + elapsed };
  const copy = { ...state, time, latches: new Map(state.latches), below: new Map(state.below) };
  const { grant: _, ...told } = answer(copy, reasonsAgainst(copy, request));
  return decisionOf(request, told);
}

function answer({ offset, time: { utc: time }, config }: State, reasons: readonly Reason[]): Told {
  if (reasons.length === 0) {
    const grant = { fence: offset, notAfter: time + config.settings.notAfter };
    return { outcome: "granted", offset, time, grant, reasons };
  }
  const outcome = reasons.every(({ code }) => code === "approval") ? "waiting" : "denied";
  const retryAt = Math.max(...reasons.map(({ until = Number.POSITIVE_INFINITY }) => until));
  return Number.isFinite(retryAt) ? { outcome, offset, time, reasons, retryAt } : { outcome, offset, time, reasons };
}

function decisionOf({ id, matter, operation, cluster, target, actor }: OperationRequest, told: Told): Decision {
  const { outcome, offset, time, grant, reasons, retryAt } = told;
  return {
    id,
    matter,
    outcome,
    offset,
    time,
    operation,
    cluster,
    target,
    actor,
    ...(grant && { grant }),
    reasons,
    ...(retryAt !== undefined && { retryAt }),
  };
}

const placeOf = ({ operation, cluster, zone, pool, owner, actor, target }: OperationRequest): Place => ({
  operation,
  cluster,
  ...(zone !== undefined && { zone }),
  ...(pool !== undefined && { pool }),
  ...(owner !== undefined && { owner }),
  actor,
  target: {
    kind: target.kind,
    ...(target.namespace !== undefined && { namespace: target.namespace }),
    name: target.name,
  },
});
