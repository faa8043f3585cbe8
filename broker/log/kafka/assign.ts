/** A member of a group, with the partitions that it had before. */
export interface Candidate {
  readonly id: string;
  readonly owned: readonly number[];
}

/**
 * Who reads which partition: each member as many as any other, or one more; what a member had it keeps, as far as that
 * allows. The same for whoever computes it.
 */
export const assign = (candidates: readonly Candidate[], partitions: number): Map<string, number[]> => {
  const members = candidates.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const shares = new Map(members.map(({ id }) => [id, [] as number[]]));
  const free = new Set(Array.from({ length: partitions }, (_, n) => n));
  const least = Math.floor(partitions / members.length);
  let more = partitions % members.length;
  // Those who had most may keep the one that is over.
  for (const { id, owned } of members.toSorted((a, b) => b.owned.length - a.owned.length)) {
    const share = shares.get(id)!;
    for (const partition of owned) {
      const isOver = share.length === least;
      if (!free.has(partition) || share.length > least || (isOver && more === 0)) continue;
      if (isOver) more -= 1;
      free.delete(partition);
      share.push(partition);
    }
  }
  for (const partition of free) {
    const fewest = [...shares.values()].reduce((a, b) => (b.length < a.length ? b : a));
    fewest.push(partition);
  }
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
};
