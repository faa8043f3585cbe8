/**
 * Whether a text is what a pattern says: exact, or with `*` (any run of characters) and `?` (one). Whatever a user may
 * match with is exact or glob, never a regex. Time is at most the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t]) && pattern[p] !== "*") {
      p++;
      t++;
    } else if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** True where nothing is asked for, or one of the patterns fits. A text that is missing fits only `*`. */
export const matchesAny = (patterns: readonly string[] | undefined, text: string | undefined): boolean =>
  patterns === undefined || patterns.some((pattern) => matchesGlob(pattern, text ?? ""));
