import type { DecisionOutcome, ScopeName, ScopeOf } from "#sdk/operation/decision.ts";
import { keyOf, type Place, scopeKey } from "../../functions/defender/scopes.ts";

/** One call to the defender as its caller saw it, or one brake. Times are of one clock that never falls, ms. */
export type Call =
  | {
      readonly what: "ask";
      readonly id: string;
      /** Equal for equal content. */
      readonly content: string;
      readonly place: Place;
      readonly invoked: number;
      /** Left out where no answer came (or an error: which is a no). A grant found in the log alone has none. */
      readonly returned?: number;
      readonly outcome?: DecisionOutcome;
      /** Offset of the decided request. */
      readonly offset?: number;
      readonly fence?: number;
    }
  | { readonly what: "brake"; readonly in: ScopeOf; readonly offset: number; readonly released?: number };

/** What must hold in any window, whichever way the defender counts. */
export interface Promised {
  readonly name: string;
  readonly scope: ScopeName;
  readonly operations?: readonly string[];
  readonly most: number;
  /** ms, ε included. */
  readonly span: number;
}

export interface Verdict {
  readonly flaws: readonly string[];
  readonly calls: number;
  readonly decided: number;
  readonly granted: number;
}

type Ask = Extract<Call, { what: "ask" }>;

/**
 * Judges a recorded history, knowing nothing of the fold: no window holds more than was promised, one id has one answer, no two
 * grants share a fence, the order of offsets agrees with real time, nothing is granted under a brake. What it says is certain:
 * a moment is only known to lie between call and answer, so a window is over budget only if it is at every such moment.
 */
export function checkHistory(calls: readonly Call[], promised: readonly Promised[]): Verdict {
  const asks = calls.filter((call): call is Ask => call.what === "ask");
  const decided = asks.filter(({ outcome }) => outcome !== undefined);
  const firstAsked = firstAskedOf(asks);
  // It may have been decided at a call that got no answer: from the first call of its id on.
  const grants = grantsOf(decided).map((one) => ({ ...one, invoked: firstAsked.get(one.id)! }));
  return {
    flaws: [
      ...promised.flatMap((one) => overBudget(grants, one)),
      ...contradictions(decided),
      ...sharedFences(grants),
      ...inversions(asks, firstAsked),
      ...underBrake(grants, calls),
    ],
    calls: asks.length,
    decided: decided.length,
    granted: grants.length,
  };
}

function firstAskedOf(asks: readonly Ask[]): Map<string, number> {
  const firstAsked = new Map<string, number>();
  for (const { id, invoked } of asks)
    firstAsked.set(id, Math.min(firstAsked.get(id) ?? Number.POSITIVE_INFINITY, invoked));
  return firstAsked;
}

/** Each grant once, by the first call of its id: a retry tells of it later. In the order of their fences. */
function grantsOf(decided: readonly Ask[]): Ask[] {
  const byFence = new Map<string, Ask>();
  for (const ask of decided) {
    if (ask.fence === undefined) continue;
    const key = `${ask.fence} ${ask.id}`;
    const known = byFence.get(key);
    byFence.set(
      key,
      known
        ? {
            ...known,
            invoked: Math.min(known.invoked, ask.invoked),
            returned: Math.min(known.returned ?? Number.POSITIVE_INFINITY, ask.returned ?? Number.POSITIVE_INFINITY),
          }
        : ask,
    );
  }
  return [...byFence.values()].sort((a, b) => a.fence! - b.fence!);
}

function overBudget(grants: readonly Ask[], { name, scope, operations, most, span }: Promised): string[] {
  const flaws: string[] = [];
  const perKey = new Map<string, Ask[]>();
  for (const grant of grants) {
    const key = operations && !operations.includes(grant.place.operation) ? undefined : scopeKey(scope, grant.place);
    if (key === undefined) continue;
    const all = perKey.get(key) ?? [];
    perKey.set(key, all);
    all.push(grant);
    const first = all[all.length - 1 - most];
    const apart = first && (grant.returned ?? Number.POSITIVE_INFINITY) - first.invoked;
    if (apart !== undefined && apart <= span)
      flaws.push(`${name}: ${most + 1} grants within ${apart} ms in "${key}", the last with fence ${grant.fence}`);
  }
  return flaws;
}

function contradictions(decided: readonly Ask[]): string[] {
  const first = new Map<string, Ask>();
  return decided.flatMap((ask) => {
    const key = JSON.stringify([ask.id, ask.content]);
    const known = first.get(key);
    if (!known) first.set(key, ask);
    // Another content under the id is denied by an offset of its own each time.
    if (!known || (known.outcome === ask.outcome && known.fence === ask.fence)) return [];
    return [`id ${ask.id}: ${known.outcome} ${known.fence ?? ""}, then ${ask.outcome} ${ask.fence ?? ""}`];
  });
}

function sharedFences(grants: readonly Ask[]): string[] {
  return grants.flatMap((grant, at) =>
    at > 0 && grants[at - 1]!.fence === grant.fence ? [`fence ${grant.fence} was given twice`] : [],
  );
}

/** What was answered before another was asked has the lower offset. */
function inversions(asks: readonly Ask[], firstAsked: ReadonlyMap<string, number>): string[] {
  const inOrder = asks.filter(({ offset }) => offset !== undefined).sort((a, b) => a.offset! - b.offset!);
  const flaws: string[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (const { id, offset, returned } of inOrder) {
    if (returned !== undefined && returned < latest)
      flaws.push(`offset ${offset} (${id}) was answered before one with a lower offset was asked`);
    latest = Math.max(latest, firstAsked.get(id)!);
  }
  return flaws;
}

function underBrake(grants: readonly Ask[], calls: readonly Call[]): string[] {
  const brakes = calls.filter((call): call is Extract<Call, { what: "brake" }> => call.what === "brake");
  return grants.flatMap(({ fence, place }) =>
    brakes
      .filter(({ in: scope, offset, released = Number.POSITIVE_INFINITY }) => {
        return fence! > offset && fence! < released && scopeKey(scope.scope, place) === keyOf(scope);
      })
      .map(({ offset }) => `fence ${fence} was granted under the brake ${offset}`),
  );
}

/** An operation that began: the fence of its grant, and when, ms of the kernel's clock. */
export interface Begun {
  readonly place: Place;
  readonly fence: number;
  readonly at: number;
}

/** What is promised at last: no window of any length that a budget names holds more operations begun than it allows. */
export function overBegun(begun: readonly Begun[], { name, scope, operations, most, span }: Promised): string[] {
  const flaws: string[] = [];
  const perKey = new Map<string, number[]>();
  for (const { place, at } of begun.toSorted((a, b) => a.at - b.at)) {
    const key = operations && !operations.includes(place.operation) ? undefined : scopeKey(scope, place);
    if (key === undefined) continue;
    const all = perKey.get(key) ?? [];
    perKey.set(key, all);
    all.push(at);
    const first = all[all.length - 1 - most];
    if (first !== undefined && at - first < span)
      flaws.push(`${name}: ${most + 1} operations began within ${(at - first).toFixed(1)} ms in "${key}"`);
  }
  return flaws;
}
