import type { Log } from "#broker/log/log.ts";

export const SNAPSHOTS = "defender-snapshots";
/** Inputs are kept for so many of the longest window, for people and for dry runs. */
const WINDOWS = 10;
/** So many moments are remembered in that time, to know which offset is old enough. */
const MARKS = 20;

/** Where the inputs stood at a moment of defender time, which no clock that jumps can hurry. */
export interface Mark {
  readonly offset: number;
  readonly now: number;
}

/** What a snapshot says beside the state, so that the next process knows what is not needed any more. */
export interface Kept {
  readonly marks: readonly Mark[];
}

/** A snapshot in the log: where it lies, and which input is the last that is in it. */
export interface Placed {
  readonly position: number;
  readonly offset: number;
}

/** The marks with one more: not one for each snapshot, and no more than decide anything. */
export function withMark(marks: readonly Mark[], mark: Mark, horizon: number): readonly Mark[] {
  const last = marks.at(-1);
  const all = last && mark.now - last.now < (WINDOWS * horizon) / MARKS ? marks : [...marks, mark];
  const old = all.findLastIndex(({ now }) => mark.now - now >= WINDOWS * horizon);
  return old > 0 ? all.slice(old) : all;
}

/** Inputs below this offset are older than people need them; undefined = none is known to be. */
const oldBelow = (marks: readonly Mark[], now: number, horizon: number): number | undefined =>
  marks.findLast((mark) => now - mark.now >= WINDOWS * horizon)?.offset;

/**
 * Called when a snapshot is on the disk, with the one before it. That one stays, with all that came after it, since the
 * latest may turn out not to be whole; what is older, and older than ten windows, goes.
 */
export async function trimInputs(
  log: Pick<Log, "trim">,
  before: Placed,
  { marks, now, horizon }: Kept & { readonly now: number; readonly horizon: number },
): Promise<void> {
  await log.trim(SNAPSHOTS, before.position);
  const old = oldBelow(marks, now, horizon);
  if (old !== undefined) await log.trim("defender", Math.min(old, before.offset + 1));
}
