import { setImmediate } from "node:timers/promises";
import type { Log, LogRecord } from "./log.ts";

export interface Backwards<T> {
  /** Newest first. */
  readonly found: readonly T[];
  /** Where older ones may be: the next look begins before it. Undefined: there are none. */
  readonly before?: number;
}

export interface Look<T> {
  /** Undefined = not wanted; `old` = neither is anything before it. */
  readonly take: (record: LogRecord) => T | undefined | "old";
  readonly limit: number;
  /** Only what stands before this offset. */
  readonly before?: number | undefined;
}

/** Offsets that are looked at first; each step back is twice as long. */
const STEP = 4_096;

/** The newest records of a topic that are wanted, without reading what is older than the last of them by much. */
export async function lookBack<T>(log: Log, topic: string, { take, limit, before }: Look<T>): Promise<Backwards<T>> {
  const found: T[] = [];
  let to = Math.min(before ?? Number.POSITIVE_INFINITY, await log.end(topic));
  for (let step = STEP; to > 0 && found.length < limit; step *= 2) {
    const from = Math.max(0, to - step);
    const wanted = limit - found.length;
    const { kept, isOld } = await readPart(log, topic, { from, to, take, wanted });
    found.push(...kept.map(([one]) => one).reverse());
    if (kept.length === wanted && kept.length > 0) return { found, before: kept[0]![1] };
    if (isOld) break;
    to = from;
  }
  return { found };
}

async function readPart<T>(
  log: Log,
  topic: string,
  part: { from: number; to: number; take: Look<T>["take"]; wanted: number },
): Promise<{ kept: [T, number][]; isOld: boolean }> {
  const { from, to, take, wanted } = part;
  const kept: [T, number][] = [];
  let isOld = false;
  for await (const records of log.read(topic, { from })) {
    // What is read ahead comes at once: others have their turn all the same.
    await setImmediate();
    for (const record of records) {
      if (record.offset >= to) return { kept, isOld };
      const one = take(record);
      if (one === "old") isOld = true;
      else if (one !== undefined && kept.push([one, record.offset]) > wanted) kept.shift();
    }
  }
  return { kept, isOld };
}
