import { setTimeout as wait } from "node:timers/promises";

/** Tries until it goes well, for at most so many ms. @throws what the last try threw */
export async function retry<T>(work: () => Promise<T>, within = 15_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await work();
    } catch (e) {
      if (Date.now() > end) throw e;
      await wait(200);
    }
  }
}
