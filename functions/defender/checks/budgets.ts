import type { Reason, ScopeOf } from "#sdk/operation/decision.ts";
import type { Budget } from "../config.ts";
import { scopeOf } from "../scopes.ts";
import { countOf, kindOf, noteFloor, sizeOf } from "../sizes.ts";
import { pair, type Size, type State } from "../state.ts";
import { fullUntil, held } from "../windows.ts";
import { type Check, until } from "./check.ts";

/** Whether every budget that holds the request still has a token for it. */
export const checkBudgets: Check = ({ state, request, keys }) => {
  const reasons: Reason[] = [];
  for (const { budget, group } of state.rules.rules) {
    const key = keys[group];
    if (key === undefined) continue;
    const size = needsSize(budget) ? sizeOf(state, budget.scope, key, kindOf(budget), request.cluster) : undefined;
    const spent = [...checkFlight(state, budget, group, key, size), ...checkLimits(state, budget, group, key, size)];
    reasons.push(...checkFloor(state, budget, key, size), ...checkLatch(state, budget, key, spent), ...spent);
  }
  return reasons;
};

const isShare = (most: unknown): boolean => typeof most === "object";
const needsSize = ({ healthy, inFlight, limits }: Budget): boolean =>
  healthy !== undefined || isShare(inFlight) || limits.some(({ most }) => isShare(most));

interface About {
  readonly budget: string;
  readonly in: ScopeOf;
  readonly override?: string;
}
const about = ({ name, scope, override }: Budget, key: string): About => ({
  budget: name,
  in: scopeOf(scope, key),
  ...(override !== undefined && { override }),
});

function checkFloor(state: State, budget: Budget, key: string, size: Size | undefined): Reason[] {
  const { healthy } = budget;
  if (!healthy) return [];
  if (!size) return [{ code: "size-unknown", ...about(budget, key) }];
  if (noteFloor(state, budget, key, size))
    return [
      {
        code: "unhealthy",
        ...about(budget, key),
        detail: `${size.healthy} of ${size.total} are healthy, at least ${healthy.atLeast} % are wanted`,
      },
    ];
  const below = state.below.get(pair(budget.name, key));
  return below === undefined || state.time.now - below > healthy.coolDown
    ? []
    : [{ code: "cooling-down", ...about(budget, key), ...until(state, below + healthy.coolDown + 1) }];
}

/** A latch falls when a request finds the budget spent, and stays until a person opens it. */
function checkLatch(state: State, budget: Budget, key: string, spent: readonly Reason[]): Reason[] {
  if (budget.whenSpent !== "latch") return [];
  const name = pair(budget.name, key);
  if (!state.latches.has(name)) {
    if (spent.some(({ code }) => code === "spent")) state.latches.set(name, state.time.now);
    return [];
  }
  return [{ code: "latched", ...about(budget, key) }];
}

function checkFlight(state: State, budget: Budget, group: number, key: string, size: Size | undefined): Reason[] {
  if (budget.inFlight === undefined) return [];
  const limit = countOf(budget.inFlight, size);
  if (limit === undefined) return [{ code: "size-unknown", ...about(budget, key) }];
  const used = state.inFlight[group]!.get(key) ?? 0;
  return used < limit ? [] : [{ code: "in-flight", ...about(budget, key), limit, used, remains: 0 }];
}

function checkLimits(state: State, budget: Budget, group: number, key: string, size: Size | undefined): Reason[] {
  const { now } = state.time;
  const moments = state.windows[group]!.of(key);
  const reasons: Reason[] = [];
  for (const { most, per } of budget.limits) {
    const limit = countOf(most, size);
    if (limit === undefined) {
      reasons.push({ code: "size-unknown", ...about(budget, key), window: per });
      continue;
    }
    const span = per + state.config.settings.epsilon;
    const full = fullUntil(moments, limit, span);
    if (now <= full)
      reasons.push({
        code: "spent",
        ...about(budget, key),
        window: per,
        limit,
        used: held(moments, now, span),
        remains: 0,
        ...until(state, full + 1),
      });
    else if (now <= state.dropped + span)
      reasons.push({ code: "history", ...about(budget, key), window: per, ...until(state, state.dropped + span + 1) });
  }
  return reasons;
}
