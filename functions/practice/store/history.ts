import type { Change } from "./objects.ts";

/** The last changes, oldest first: what a watch may resume from. */
export interface History {
  add(change: Change): void;
  /** Everything after a revision; undefined when some of it is forgotten. */
  since(revision: number): readonly Change[] | undefined;
  /** Forgets everything up to a revision. */
  clear(revision: number): void;
}

export function createHistory(limit: number): History {
  let changes: Change[] = [];
  let forgotten = 0;
  return {
    add(change) {
      changes.push(change);
      // Trimmed rarely and then by half, so that a change costs no shifting.
      if (changes.length < limit * 2) return;
      changes = changes.slice(-limit);
      forgotten = (changes[0] as Change).revision - 1;
    },
    since(revision) {
      if (revision < forgotten) return undefined;
      let low = 0;
      let high = changes.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((changes[middle] as Change).revision > revision) high = middle;
        else low = middle + 1;
      }
      return changes.slice(low);
    },
    clear(revision) {
      changes = [];
      forgotten = revision;
    },
  };
}
