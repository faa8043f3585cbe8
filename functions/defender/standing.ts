import type { ScopeOf } from "#sdk/operation/decision.ts";
import { asUtc } from "./checks/check.ts";
import { keysOf, type Rule } from "./rules.ts";
import { type Place, scopeOf } from "./scopes.ts";
import { countOf, kindOf, sizeOf } from "./sizes.ts";
import { pair, type State } from "./state.ts";
import { fullUntil, held } from "./windows.ts";

/** How one window of one budget stands in one scope; `window` is left out for what is under way. */
export interface Standing {
  readonly budget: string;
  readonly in: ScopeOf;
  readonly window?: number;
  /** Undefined: a share of a size that is not known, so nothing is granted. */
  readonly limit?: number;
  readonly used: number;
  readonly remains: number;
  /** Unix ms: when the next token returns, where none remains. */
  readonly until?: number;
  readonly latched: boolean;
}

/** Every budget that would count this request. Nothing is changed by it. */
export function standing(state: State, place: Place): Standing[] {
  const keys = keysOf(state.rules.groups, place);
  return state.rules.rules.flatMap((rule) => {
    const key = keys[rule.group];
    return key === undefined ? [] : standingOf(state, rule, key, place.cluster);
  });
}

/** Scopes that are told at most. */
const MOST = 2_000;

/** Every scope that holds anything: grants, what is under way, a latch. What has most to say first. */
export function everyStanding(state: State): Standing[] {
  const all = state.rules.rules.flatMap((rule) => {
    const { budget, group } = rule;
    const latched = [...state.latches.keys()]
      .filter((name) => name.startsWith(pair(budget.name, "")))
      .map((name) => name.slice(pair(budget.name, "").length));
    const keys = new Set([...state.windows[group]!.keys(), ...state.inFlight[group]!.keys(), ...latched]);
    // The first name of most scopes is a cluster's; an owner or an actor has no size.
    return [...keys].flatMap((key) => standingOf(state, rule, key, scopeOf(budget.scope, key).names[0] ?? ""));
  });
  const held = all.filter(({ used, latched }) => used > 0 || latched);
  const free = ({ latched, remains, limit = 1 }: Standing) => (latched ? -1 : remains / limit);
  return held.sort((a, b) => free(a) - free(b)).slice(0, MOST);
}

function standingOf(state: State, { budget, group }: Rule, key: string, cluster: string): Standing[] {
  const { now } = state.time;
  const size = sizeOf(state, budget.scope, key, kindOf(budget), cluster);
  const base = {
    budget: budget.name,
    in: scopeOf(budget.scope, key),
    latched: budget.whenSpent === "latch" && state.latches.has(pair(budget.name, key)),
  };
  const counted = (limit: number | undefined, used: number) => ({
    ...(limit !== undefined && { limit }),
    used,
    remains: Math.max(0, (limit ?? 0) - used),
  });
  const moments = state.windows[group]!.of(key);
  const windows = budget.limits.map(({ most, per }): Standing => {
    const limit = countOf(most, size);
    const span = per + state.config.settings.epsilon;
    const full = limit === undefined ? Number.NaN : fullUntil(moments, limit, span);
    return {
      ...base,
      window: per,
      ...counted(limit, held(moments, now, span)),
      ...(now <= full && Number.isFinite(full) && { until: asUtc(state, full + 1) }),
    };
  });
  if (budget.inFlight === undefined) return windows;
  const open = state.inFlight[group]!.get(key) ?? 0;
  return [...windows, { ...base, ...counted(countOf(budget.inFlight, size), open) }];
}
