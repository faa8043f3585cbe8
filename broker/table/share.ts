/**
 * A JSON value made of the parts of another where they are equal, so that what objects have in common is held once.
 * The value is altered; the other is not. Where both are equal it is the other.
 */
export function share(value: any, like: any): any {
  if (typeof value !== "object" || value === null) return value === like ? like : value;
  if (typeof like !== "object" || like === null || Array.isArray(value) !== Array.isArray(like)) return value;
  let isSame = true;
  let count = 0;
  for (const name in value) {
    count++;
    const own = value[name];
    const theirs = like[name];
    const shared = share(own, theirs);
    if (shared !== theirs) isSame = false;
    else if (shared !== own || typeof own === "string") value[name] = shared;
  }
  if (!isSame) return value;
  for (const _ in like) count--;
  return count === 0 ? like : value;
}
