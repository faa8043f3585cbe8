/**
 * Lets so many pieces of work run at once; the others wait for their turn: the first comes first, or the newest, where what
 * has waited for long is hardly worth doing.
 */
export function createTurns(
  atOnce: number,
  next: "first" | "newest" = "first",
): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running < atOnce) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A turn goes on to who waits: nobody who comes now slips in between.
      const other = next === "first" ? waiting.shift() : waiting.pop();
      if (other) other();
      else running--;
    }
  };
}
