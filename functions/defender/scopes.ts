import type { ScopeName, ScopeOf } from "#sdk/operation/decision.ts";
import type { Target } from "#sdk/operation/request.ts";

/** What of a request says where it belongs. */
export interface Place {
  readonly operation: string;
  readonly cluster: string;
  readonly zone?: string;
  readonly pool?: string;
  readonly owner?: string;
  readonly actor: string;
  readonly target: Pick<Target, "kind" | "namespace" | "name">;
}

/** Stands in no name. */
const SEPARATOR = "\n";

/**
 * The scope that holds the request: one text, the names joined. What carries no zone, pool or owner shares the scope of
 * those that carry none. Undefined: it lies in no such scope (a node in no namespace).
 */
export function scopeKey(scope: ScopeName, { cluster, zone, pool, owner, actor, target }: Place): string | undefined {
  switch (scope) {
    case "fleet":
      return "";
    case "cluster":
      return cluster;
    case "zone":
      return cluster + SEPARATOR + (zone ?? "");
    case "pool":
      return cluster + SEPARATOR + (pool ?? "");
    case "namespace":
      return target.namespace === undefined ? undefined : cluster + SEPARATOR + target.namespace;
    case "owner":
      return owner ?? "";
    case "actor":
      return actor;
    case "target":
      return cluster + SEPARATOR + target.kind + SEPARATOR + (target.namespace ?? "") + SEPARATOR + target.name;
  }
}

export const scopeOf = (scope: ScopeName, key: string): ScopeOf => ({
  scope,
  names: scope === "fleet" ? [] : key.split(SEPARATOR),
});

export const keyOf = ({ names }: ScopeOf): string => names.join(SEPARATOR);

/** For people: `pool gpu of eu-1`. */
export function sayScope({ scope, names }: ScopeOf): string {
  if (scope === "fleet") return "the fleet";
  const [first, ...rest] = names;
  if (scope === "cluster") return `cluster ${first}`;
  if (scope === "owner") return first === "" ? "what has no owner" : `owner ${first}`;
  if (scope === "actor") return `actor ${first}`;
  if (scope === "target") {
    const [kind, namespace, name] = rest;
    return `${kind} ${namespace ? `${namespace}/` : ""}${name} of ${first}`;
  }
  return rest[0] === "" ? `what has no ${scope} in ${first}` : `${scope} ${rest[0]} of ${first}`;
}

/** As it is written on a command line: `pool/eu-1/gpu`. */
export const scopePath = ({ scope, names }: ScopeOf): string =>
  [scope, ...(scope === "target" ? names.filter((name) => name !== "") : names)].join("/");
