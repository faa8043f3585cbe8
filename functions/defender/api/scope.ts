import { fault } from "#sdk/errors.ts";
import type { ScopeName, ScopeOf } from "#sdk/operation/decision.ts";

/** What the names of a scope are. */
export const NAMES: Readonly<Record<ScopeName, readonly string[]>> = {
  fleet: [],
  cluster: ["cluster"],
  zone: ["cluster", "zone"],
  pool: ["cluster", "pool"],
  namespace: ["cluster", "namespace"],
  owner: ["owner"],
  actor: ["actor"],
  target: ["cluster", "kind", "namespace (or an empty text)", "name"],
};

/** One with a name too few would hold nothing, and nobody would know. Throws `request-invalid`. */
export function checkScope(scope: ScopeOf): ScopeOf {
  const names = NAMES[scope.scope];
  if (scope.names.length === names.length) return scope;
  throw fault("request-invalid", {
    field: "in.names",
    what: `must be ${names.length === 0 ? "empty" : names.join(", ")} for scope ${scope.scope}`,
  });
}
