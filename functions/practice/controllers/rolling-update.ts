/** What a rolling update knows of one ReplicaSet. */
export interface Replicas {
  readonly wanted: number;
  readonly available: number;
}

export interface Rolling {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** `25%` of so many, or a plain number. A surge is rounded up, what may be missing is rounded down. */
export function share(value: string | number | undefined, of: number, round: (value: number) => number): number {
  if (typeof value === "number") return value;
  const percent = Number((value ?? "25%").replace("%", ""));
  return Number.isFinite(percent) ? round((percent * of) / 100) : 0;
}

/** What is still wanted of the new and of each old ReplicaSet, one step further. */
export function rollingStep(
  { replicas, maxSurge, maxUnavailable }: Rolling,
  fresh: Replicas,
  old: readonly Replicas[],
): { readonly fresh: number; readonly old: readonly number[] } {
  const total = fresh.wanted + old.reduce((sum, one) => sum + one.wanted, 0);
  const room = Math.max(0, replicas + maxSurge - total);
  const grown = fresh.wanted > replicas ? replicas : Math.min(replicas, fresh.wanted + room);
  const starting = Math.max(0, fresh.wanted - fresh.available);
  let spare = Math.max(0, total - (replicas - maxUnavailable) - starting);
  // What does not run is missed the least.
  const unhealthyFirst = old.map((one, i) => ({ ...one, i, down: Math.max(0, one.wanted - one.available) }));
  const left = old.map((one) => one.wanted);
  for (const part of ["down", "rest"] as const) {
    for (const one of unhealthyFirst) {
      const takeable = part === "down" ? one.down : (left[one.i] as number);
      const taken = Math.min(spare, takeable);
      left[one.i] = (left[one.i] as number) - taken;
      spare -= taken;
    }
  }
  return { fresh: grown, old: left };
}
