/** The rows of one read under one key. Nearly always none or one: then it costs one pointer. */
export type Members<T> = undefined | T | Set<T>;

export function withMember<T extends object>(members: Members<T>, one: T): Members<T> {
  if (members === undefined) return one;
  if (members instanceof Set) return members.add(one);
  return members === one ? members : new Set([members, one]);
}

export function withoutMember<T extends object>(members: Members<T>, one: T): Members<T> {
  if (members === one) return undefined;
  if (!(members instanceof Set)) return members;
  members.delete(one);
  return members.size === 0 ? undefined : members;
}

export const countMembers = <T extends object>(members: Members<T>): number =>
  members === undefined ? 0 : members instanceof Set ? members.size : 1;

export function* eachMember<T extends object>(members: Members<T>): Generator<T> {
  if (members instanceof Set) yield* members;
  else if (members !== undefined) yield members;
}

/** Adds under a key of a map, and takes away; an empty place is no place. */
export function put<T extends object>(map: Map<string, Members<T>>, key: string, one: T): void {
  map.set(key, withMember(map.get(key), one));
}
export function take<T extends object>(map: Map<string, Members<T>>, key: string, one: T): void {
  const left = withoutMember(map.get(key), one);
  if (left === undefined) map.delete(key);
  else map.set(key, left);
}
