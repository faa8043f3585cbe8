import type { BudgetResource } from "#sdk/resources/budget.ts";
import type { Resource } from "#sdk/resources/schemas.ts";

/** Later resources take the place of earlier ones that configure the same. */
export function mergeResources(defaults: readonly Resource[], own: readonly Resource[]): Resource[] {
  const cases = new Set(
    own.flatMap((r) => (r.kind === "ProbeConfig" && r.spec.instance === undefined ? [r.spec.case] : [])),
  );
  const names = new Set(own.map((r) => `${r.kind} ${r.metadata.name}`));
  // Who limits all of a scope has thought of it; a budget for some operations leaves the others to the default.
  const limited = new Set(own.flatMap((r) => (r.kind === "Budget" && isForAll(r) ? [r.spec.scope] : [])));
  const kept = defaults.filter(
    (r) =>
      !names.has(`${r.kind} ${r.metadata.name}`) &&
      !(r.kind === "ProbeConfig" && cases.has(r.spec.case)) &&
      !(r.kind === "Budget" && isForAll(r) && limited.has(r.spec.scope)),
  );
  return [...kept, ...own];
}

const isForAll = ({ spec }: BudgetResource): boolean =>
  spec.operations === undefined && spec.match === undefined && spec.limits !== undefined;
