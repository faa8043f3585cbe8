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
import { digestOf } from "./ids.ts";
import { keysOf } from "./rules.ts";
import type { Place } from "./scopes.ts";
import type { State } from "./state.ts";

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
  if (known) return known.digest === digest ? known.decision : decisionOf(state, request, [{ code: "id-reused" }]);
  const keys = keysOf(state.rules.groups, request);
  const reasons = CHECKS.flatMap((check) => check({ state, request, keys }));
  const decision = decisionOf(state, request, reasons);
  const at = state.time.now;
  if (decision.grant) remember(state, { fence: decision.grant.fence, at, place: placeOf(request) });
  const { due } = request;
  state.idsInOrder.push(request.id);
  state.ids.set(request.id, { digest, at, decision, ...(isBelieved(reasons) && { due }) });
  return decision;
}

function decisionOf(state: State, request: OperationRequest, reasons: readonly Reason[]): Decision {
  const { id, matter, operation, cluster, target, actor } = request;
  const { offset, time, config } = state;
  const base = { id, matter, offset, time: time.utc, operation, cluster, target, actor, reasons };
  if (reasons.length === 0)
    return { ...base, outcome: "granted", grant: { fence: offset, notAfter: time.utc + config.settings.notAfter } };
  const outcome = reasons.every(({ code }) => code === "approval") ? "waiting" : "denied";
  const ends = reasons.map(({ until }) => until);
  const isKnown = ends.every((end) => end !== undefined);
  return { ...base, outcome, ...(isKnown && { retryAt: Math.max(...(ends as number[])) }) };
}

const placeOf = ({ operation, cluster, zone, pool, owner, actor, target }: OperationRequest): Place => ({
  operation,
  cluster,
  ...(zone !== undefined && { zone }),
  ...(pool !== undefined && { pool }),
  ...(owner !== undefined && { owner }),
  actor,
  target,
});
