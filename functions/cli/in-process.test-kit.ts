import { inspections } from "#probes";
import { hasUidKey } from "#sdk/case/compile.ts";
import type { Inspection } from "#sdk/case/inspection.ts";
import { judge } from "#sdk/case/judge.ts";
import { type Manifest, manifestOf } from "#sdk/case/manifest.ts";
import { type Instance, instancesOn } from "#sdk/resources/instances.ts";
import type { CasePool } from "#sdk/serve/pool.ts";
import type { Check } from "#sdk/terms.ts";
import type { Snapshot } from "./dump.ts";
import { type LookOnceOptions, lookOnce } from "./look-once.ts";

export const NOW = Date.parse("2026-01-01T12:00:00Z");

/** Runs cases here, without threads. */
export function poolOf(cases: readonly Inspection[]): Pick<CasePool, "evaluate"> {
  const loaded = new Map(
    cases.map((definition) => {
      const manifest = manifestOf(definition, definition.name, "1");
      return [manifest.name, { definition, manifest, file: manifest.name, keyIsUid: hasUidKey(manifest.reads) }];
    }),
  );
  return {
    evaluate: async (batch) =>
      batch.map(({ id, text }) => {
        const check = JSON.parse(text) as Check;
        return { id, verdict: JSON.stringify({ ...check, ...judge(loaded.get(check.case)!, check) }) };
      }),
  };
}

export const manifestsOf = (cases: readonly Inspection[]): Manifest[] =>
  cases.map((one) => manifestOf(one, one.name, "1"));

export const instances = (cases: readonly Inspection[] = inspections as readonly Inspection[]): Instance[] =>
  instancesOn({ name: "dump" }, manifestsOf(cases), []);

/** Objects as a dump has them. */
export function snapshotOf(objects: readonly any[], listed: readonly string[] = []): Snapshot {
  const byKind = new Map<string, any[]>();
  for (const object of objects) {
    const kind = `${object.apiVersion}/${object.kind}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), object]);
  }
  return { objects: byKind, listed: new Set([...byKind.keys(), ...listed]), refused: new Map() };
}

/** One look at objects by these cases. */
export function look(
  objects: readonly any[],
  cases: readonly Inspection[] = inspections as readonly Inspection[],
  more: Partial<LookOnceOptions> = {},
) {
  return lookOnce({
    cluster: "dump",
    instances: instances(cases),
    snapshot: snapshotOf(objects),
    complete: true,
    now: NOW,
    pool: poolOf(cases),
    ...more,
  });
}
