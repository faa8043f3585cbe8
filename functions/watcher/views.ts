import { isOwnKind } from "#sdk/case/own-kinds.ts";
import { type Instance, kindsOf } from "#sdk/resources/instances.ts";
import type { CheckError } from "#sdk/terms.ts";
import type { StreamView } from "./reflector.ts";
import { SCOPE_KINDS, type StreamPlan } from "./streams.ts";

/** A view older than this is stale: what depends on it freezes (ms). */
export const STALE = 30_000;

/** What the views of single streams mean for kinds and for instances. */
export interface Views {
  /** ms per kind; null = there is no view. */
  readonly ages: Readonly<Record<string, number | null>>;
  /** Instances whose reads are all listed and fresh. */
  readonly ready: ReadonlySet<string>;
  /** Instances that cannot run here, and why. */
  readonly refused: Readonly<Record<string, CheckError>>;
  /** Kinds that `*` must leave out, because we may not list them. */
  readonly leftOut: readonly string[];
}

export interface ViewInput {
  readonly plan: StreamPlan | undefined;
  /** By kind: its streams' views. */
  readonly streams: ReadonlyMap<string, readonly StreamView[]>;
  readonly instances: readonly Instance[];
  /** ms since the watcher started. */
  readonly elapsed: number;
}

const oldest = (ages: readonly (number | null)[]): number | null =>
  ages.includes(null) ? null : Math.max(0, ...(ages as number[]));

/** Pure: what was seen becomes what may run. */
export function judgeViews({ plan, streams, instances, elapsed }: ViewInput): Views {
  const refusedKinds = new Map<string, CheckError>();
  const ages: Record<string, number | null> = {};
  /** What was never listed has no age, until it has been missing for so long that this itself is news. */
  const never = elapsed > STALE ? elapsed : null;
  const ageOf = (kind: string): number | null => {
    if (plan === undefined) return never;
    const absent = plan.absent.get(kind);
    if (absent === "empty" || isOwnKind(kind)) return 0;
    if (absent !== undefined) {
      refusedKinds.set(kind, absent);
      return null;
    }
    const views = streams.get(kind) ?? [];
    const failed = views.find(({ error }) => error !== undefined && !error.retry)?.error;
    if (failed) {
      refusedKinds.set(kind, { code: failed.code, message: failed.message });
      return null;
    }
    return oldest(views.map(({ age }) => age ?? never));
  };
  const kinds = new Set(instances.flatMap(({ manifest }) => kindsOf(manifest)));
  for (const kind of kinds) if (kind !== "*") ages[kind] = ageOf(kind);
  const leftOut: string[] = [];
  if (kinds.has("*")) {
    const all = [...(plan?.all ?? [])].map((kind) => [kind, ageOf(kind)] as const);
    for (const [kind] of all) if (refusedKinds.has(kind)) leftOut.push(kind);
    ages["*"] = plan ? oldest(all.filter(([kind]) => !refusedKinds.has(kind)).map(([, age]) => age)) : never;
  }
  const ready = new Set<string>();
  const refused: Record<string, CheckError> = {};
  for (const { id, manifest } of instances) {
    const reads = kindsOf(manifest);
    const table = Object.values(manifest.reads).find((read) => read.table !== undefined)?.table;
    const why =
      table === undefined
        ? reads.map((kind) => refusedKinds.get(kind)).find((error) => error !== undefined)
        : NO_TABLE(table);
    if (why) refused[id] = why;
    else if (reads.every((kind) => (ages[kind] ?? Number.POSITIVE_INFINITY) <= STALE)) ready.add(id);
  }
  return { ages, ready, refused, leftOut: leftOut.sort() };
}

/** How old the views of all kinds are that remedies may depend on: those that cases read, and what scopes need. */
export function agesOf({ ages }: Views, streams: ReadonlyMap<string, readonly StreamView[]>): Views["ages"] {
  const scopes = SCOPE_KINDS.filter((kind) => !Object.hasOwn(ages, kind)).map((kind) => {
    const views = streams.get(kind) ?? [];
    return [kind, views.length === 0 ? null : oldest(views.map(({ age }) => age ?? null))] as const;
  });
  return { ...Object.fromEntries(scopes), ...ages };
}

const NO_TABLE = (table: string): CheckError => ({
  code: "table-missing",
  message: `the external table "${table}" is not configured; reads of external tables cannot run here`,
});
