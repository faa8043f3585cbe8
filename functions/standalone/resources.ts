import type { Resource } from "#sdk/resources/schemas.ts";

/** Later resources take the place of earlier ones that configure the same. */
export function mergeResources(defaults: readonly Resource[], own: readonly Resource[]): Resource[] {
  const cases = new Set(
    own.flatMap((r) => (r.kind === "ProbeConfig" && r.spec.instance === undefined ? [r.spec.case] : [])),
  );
  const names = new Set(own.map((r) => `${r.kind} ${r.metadata.name}`));
  const kept = defaults.filter(
    (r) => !names.has(`${r.kind} ${r.metadata.name}`) && !(r.kind === "ProbeConfig" && cases.has(r.spec.case)),
  );
  return [...kept, ...own];
}
