/** The parts by what `keyOf` says of each, in their order (Node 20 has no `Map.groupBy`). */
export const groupBy = <T, K>(parts: Iterable<T>, keyOf: (part: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>();
  for (const part of parts) {
    const key = keyOf(part);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [part]);
    else group.push(part);
  }
  return groups;
};
