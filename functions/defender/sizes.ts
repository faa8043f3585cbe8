import type { ScopeName } from "#sdk/operation/decision.ts";
import type { Sizes } from "#sdk/operation/reports.ts";
import { BOUNDS, type Budget, type Most, SILENCE } from "./config.ts";
import { pair, type Size, type State } from "./state.ts";

/** What a budget's shares are of. */
export const kindOf = ({ of, scope }: Budget): string => of ?? (scope === "namespace" ? "Pod" : "Node");

const sizeKey = (scope: ScopeName, key: string, kind: string): string => `${scope}\n${key}\n${kind}`;

export const isHeard = (state: State, cluster: string): boolean => {
  const heartbeat = state.heartbeats.get(cluster);
  return heartbeat !== undefined && state.time.now - heartbeat.at <= SILENCE;
};

/** Takes in all the sizes of a cluster, and notes what is below its floor. */
export function takeSizes(state: State, { cluster, scopes }: Sizes): void {
  const sizes = new Map(
    scopes.map(({ scope, name, kind, total, healthy }) => [
      sizeKey(scope, scope === "cluster" ? cluster : pair(cluster, name), kind),
      { total, healthy },
    ]),
  );
  state.sizes.set(cluster, sizes);
  noteFloors(state, [sizes]);
}

/** When each scope was last below its floor: a cool-down counts from there, though nobody asked meanwhile. */
export function noteFloors(state: State, changed: Iterable<ReadonlyMap<string, Size>>): void {
  const { now } = state.time;
  const floors = state.rules.rules.filter(({ budget }) => budget.healthy !== undefined);
  for (const [key, at] of state.below) if (now - at > BOUNDS.window) state.below.delete(key);
  for (const { budget } of floors)
    if (budget.scope === "fleet") noteFloor(state, budget, "", sizeOf(state, "fleet", "", kindOf(budget), ""));
  if (floors.length === 0) return;
  for (const sizes of changed)
    for (const [name, size] of sizes) {
      const [scope, ...rest] = name.split("\n");
      const kind = rest.pop();
      for (const { budget } of floors)
        if (scope === budget.scope && kind === kindOf(budget)) noteFloor(state, budget, rest.join("\n"), size);
    }
}

/** True when it is below. */
export function noteFloor(state: State, { name, healthy }: Budget, key: string, size: Size | undefined): boolean {
  if (!size || !healthy || size.healthy * 100 >= healthy.atLeast * (size.total + (size.silent ?? 0))) return false;
  state.below.set(pair(name, key), state.time.now);
  return true;
}

/** How large a scope is; undefined = nobody knows. Of the fleet: what is heard of. */
export function sizeOf(state: State, scope: ScopeName, key: string, kind: string, cluster: string): Size | undefined {
  if (scope === "fleet") return fleetSize(state, kind);
  return isHeard(state, cluster) ? state.sizes.get(cluster)?.get(sizeKey(scope, key, kind)) : undefined;
}

function fleetSize(state: State, kind: string): Size | undefined {
  let [total, healthy, silent, heard] = [0, 0, 0, 0];
  for (const [cluster, sizes] of state.sizes) {
    const size = sizes.get(sizeKey("cluster", cluster, kind));
    if (!size) continue;
    if (isHeard(state, cluster)) {
      heard += 1;
      total += size.total;
      healthy += size.healthy;
    } else silent += size.total;
  }
  return heard === 0 ? undefined : { total, healthy, silent };
}

/** Rounded down; undefined where a share's whole is not known. */
export const countOf = (most: Most, size: Size | undefined): number | undefined =>
  typeof most === "number" ? most : size && Math.floor((size.total * most.percent) / 100);
