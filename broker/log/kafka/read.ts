import { fault } from "#sdk/errors.ts";
import type { LogRecord } from "../log.ts";
import { Doubles } from "./doubles.ts";
import type { Leaders } from "./leaders.ts";
import type { Nodes } from "./nodes.ts";
import { boundsOf, range } from "./offsets.ts";
import { persist } from "./persist.ts";
import type { Trouble } from "./trouble.ts";
import { type Fetched, fetchFrom, type WireError } from "./wire.ts";

export interface ReadParts {
  readonly nodes: Nodes;
  readonly leaders: Leaders;
  readonly trouble: Trouble;
  readonly signal: AbortSignal;
  partitions(topic: string): Promise<number>;
}

const LIMITS = { wait: 500, bytes: 4 * 1024 * 1024, partitionBytes: 1024 * 1024 } as const;

/**
 * What the topic holds when it begins, one partition after the other. The end of each is asked for first; a gap that
 * compaction, retention or a transaction's mark left is stepped over with the batch that it is in.
 */
export async function* readKafka(parts: ReadParts, topic: string, from: number): AsyncGenerator<readonly LogRecord[]> {
  const reading = { trouble: parts.trouble, doing: "read", topic, signal: parts.signal } as const;
  const partitions = range(await parts.partitions(topic));
  const ends = await persist(reading, () => boundsOf(parts, topic, partitions, "end"));
  const starts = await persist(reading, () => boundsOf(parts, topic, partitions, "start"));
  for (const partition of partitions) {
    const end = ends.get(partition)!;
    const doubles = new Doubles();
    let next = Math.max(from, starts.get(partition)!);
    while (next < end) {
      const answer = await persist(reading, () => fetchOne(parts, topic, partition, next));
      const records: LogRecord[] = [];
      for (const { record, mark } of answer.records)
        if (record.offset < end && (mark === undefined || !doubles.seen(mark))) records.push(record);
      if (records.length > 0) yield records;
      next = answer.next;
    }
  }
}

/** Throws where nothing new came: it is asked again. */
async function fetchOne(parts: ReadParts, topic: string, partition: number, from: number): Promise<Fetched> {
  const { nodes, leaders } = parts;
  try {
    const leader = await leaders.leader(topic, partition);
    if (leader === undefined) throw new Error(`nobody leads ${topic}/${partition} at present`);
    const [answer] = await fetchFrom(nodes, leader, [{ topic, partition, from }], LIMITS);
    if (answer === undefined) throw new Error(`the broker left ${topic}/${partition} out of its answer`);
    if ((answer.error as WireError | undefined)?.type === "OFFSET_OUT_OF_RANGE") {
      // Retention was quicker.
      const start = (await boundsOf(parts, topic, [partition], "start")).get(partition)!;
      return { ...answer, records: [], next: Math.max(from + 1, start) };
    }
    if (answer.error !== undefined) throw answer.error;
    if (answer.next === from) throw new Error(`${topic}/${partition} gave nothing from ${from} on`);
    return answer;
  } catch (e) {
    leaders.stale();
    throw e;
  }
}

/** Throws `log-closed` once the signal says so. */
export const mustBeOpen = (signal: AbortSignal): void => {
  if (signal.aborted) throw fault("log-closed", {});
};
