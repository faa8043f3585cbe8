import type { Budget, Config } from "./config.ts";
import { isFor } from "./matching.ts";
import { type Place, scopeKey } from "./scopes.ts";

/** Budgets that count the same things share one history of them. */
export interface Group {
  readonly scope: Budget["scope"];
  readonly operations: Budget["operations"];
  readonly match: Budget["match"];
}

/** A budget or a cap, ready to be checked. */
export interface Rule {
  readonly budget: Budget;
  /** Index of its group. */
  readonly group: number;
}

export interface Rules {
  readonly groups: readonly Group[];
  readonly rules: readonly Rule[];
  /** The longest window with ε: what is older decides nothing. */
  readonly horizon: number;
}

const nameOf = ({ scope, operations, match }: Group): string =>
  JSON.stringify([scope, operations && [...operations].sort(), match]);

/** Caps come first: what no budget can raise is said first. */
export function compileRules(config: Config, caps: readonly Budget[]): Rules {
  const groups: Group[] = [];
  const places = new Map<string, number>();
  const rules = [...caps, ...config.budgets].map((budget): Rule => {
    const group = { scope: budget.scope, operations: budget.operations, match: budget.match };
    const name = nameOf(group);
    const known = places.get(name);
    if (known !== undefined) return { budget, group: known };
    places.set(name, groups.length);
    groups.push(group);
    return { budget, group: groups.length - 1 };
  });
  const windows = rules.flatMap(({ budget }) => budget.limits.map(({ per }) => per));
  return { groups, rules, horizon: Math.max(0, ...windows) + config.settings.epsilon };
}

/** Per group the scope that holds the request; undefined where the group does not count it. */
export const keysOf = (groups: readonly Group[], place: Place): (string | undefined)[] =>
  groups.map(({ scope, operations, match }) => (isFor(match, operations, place) ? scopeKey(scope, place) : undefined));
