import { admit } from "./admit.ts";
import type { Log, NewRecord, Position } from "./log.ts";

export interface SplitLogOptions {
  /** For every topic that is not named. */
  readonly default: Log;
  readonly topics: Readonly<Record<string, Log>>;
}

/** Which of an append's records belong to one log, by their places in it. */
const partsOf = (records: readonly NewRecord[], logOf: (topic: string) => Log): Map<Log, number[]> => {
  const parts = new Map<Log, number[]>();
  for (const [at, { topic }] of records.entries()) {
    const log = logOf(topic);
    const places = parts.get(log);
    if (places === undefined) parts.set(log, [at]);
    else places.push(at);
  }
  return parts;
};

/**
 * One Log made of several: each topic lives in one of them. Closing it closes them.
 *
 * An append whose topics live in different logs is split. Each part is all or nothing and keeps its order, but the whole is
 * not: when one part fails the append rejects, and the others may be there; a crash may leave one without the other. Who
 * appends again then doubles them, as at least once allows. So what must stand or fall together belongs in one log.
 */
export const splitLog = ({ default: fallback, topics }: SplitLogOptions): Log => {
  const logOf = (topic: string): Log => (Object.hasOwn(topics, topic) ? topics[topic]! : fallback);

  const appendParts = async (
    parts: Map<Log, number[]>,
    records: readonly NewRecord[],
  ): Promise<readonly Position[]> => {
    // All at once, so that an append which is made right after this one overtakes it in none of the logs.
    const outcomes = await Promise.allSettled(
      [...parts].map(([log, places]) => log.append(places.map((at) => records[at]!))),
    );
    const positions: Position[] = [];
    for (const [part, places] of [...parts.values()].entries()) {
      const outcome = outcomes[part]!;
      if (outcome.status === "rejected") throw outcome.reason;
      for (const [index, at] of places.entries()) positions[at] = outcome.value[index]!;
    }
    return positions;
  };

  return {
    async append(records) {
      const parts = partsOf(records, logOf);
      const [only = fallback] = parts.keys();
      if (parts.size <= 1) return only.append(records);
      admit(records);
      return appendParts(parts, records);
    },
    read: (topic, options) => logOf(topic).read(topic, options),
    subscribe: (options, handler) => logOf(options.topic).subscribe(options, handler),
    end: (topic) => logOf(topic).end(topic),
    trim: (topic, before) => logOf(topic).trim(topic, before),
    async close() {
      await Promise.all([...new Set([fallback, ...Object.values(topics)])].map((log) => log.close()));
    },
  };
};
