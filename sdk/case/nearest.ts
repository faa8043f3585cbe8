/** How many single-letter edits, or swaps of two letters beside each other, lie between two words; no further than `most`. */
function distance(a: string, b: string, most: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same, swapped ? before[j - 2]! + 1 : most + 1);
    }
    if (Math.min(...row, ...next) > most) return most + 1;
    before = row;
    row = next;
  }
  return row[b.length]!;
}

/** `; did you mean "where"?` for a word that is nearly one of some, else an empty string. */
export function nearest(word: string, words: readonly string[]): string {
  const most = Math.max(1, Math.floor(word.length / 3));
  const close = words
    .map((known) => ({ known, far: distance(word.slice(0, 64).toLowerCase(), known.slice(0, 64).toLowerCase(), most) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far)[0];
  return close === undefined ? "" : `; did you mean "${close.known}"?`;
}
