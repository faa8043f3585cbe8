/** So many are remembered: the end of an operation, and what is told twice, comes soon after. */
const MOST = 100_000;

/** Sets it as the youngest; the oldest is dropped where there are too many. */
export function remember<K, V>(all: Map<K, V>, key: K, value: V, most = MOST): void {
  all.delete(key);
  all.set(key, value);
  if (all.size > most) for (const [oldest] of all) return void all.delete(oldest);
}
