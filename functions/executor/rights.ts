/** What the executor may do in a cluster: for its jobs, and for the operations it shall know. Nothing else. */
import type { Operation, Right } from "./operation.ts";

/** For the claims. Watching is not needed: what passes by is found by a sweep. */
export const JOB_RIGHTS: readonly Right[] = [
  {
    group: "roundsman.dev",
    resource: "remedyoperationjobs",
    verbs: ["create", "delete", "get", "list", "update"],
  },
  { group: "roundsman.dev", resource: "remedyoperationjobs/status", verbs: ["update"] },
];

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** One rule per resource, in order: no `*`, no secrets, no verb that no operation uses. */
export function rulesOf(operations: readonly Pick<Operation, "rights">[]): Rule[] {
  const verbs = new Map<string, { group: string; resource: string; verbs: Set<string> }>();
  for (const right of [...JOB_RIGHTS, ...operations.flatMap(({ rights }) => rights)]) {
    const key = `${right.group}/${right.resource}`;
    const known = verbs.get(key) ?? { ...right, verbs: new Set<string>() };
    for (const verb of right.verbs) known.verbs.add(verb);
    verbs.set(key, known);
  }
  return [...verbs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, right]) => ({ apiGroups: [right.group], resources: [right.resource], verbs: [...right.verbs].sort() }));
}
