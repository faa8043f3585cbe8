import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { sayError } from "#sdk/errors.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { ExecutorClock, Heartbeat, Sizes } from "#sdk/operation/reports.ts";
import type { Defender } from "./defender.ts";

/** ms, both by the brokers' clock: what waited so long while replicas changed places is no news any more. */
const LATE = 5_000;

/**
 * Brings what clusters report to the defender. What was said before now is not news: an old heartbeat would make a silent
 * cluster look alive. Sizes are said when they change, so the last ones count.
 */
export async function followClusters(
  log: Log,
  defender: Pick<Defender, "heartbeat" | "sizes" | "executorClock" | "state">,
  warn: (message: string) => void,
  /** Of several replicas one brings them. */
  group?: string,
): Promise<Subscription> {
  const now = await log.end("clusters");
  /** Per cluster: the last that is not written yet. Unlike the others it is not said again. */
  const sizes = new Map<string, Sizes>();
  const reader = new RecordReader({ log, by: "defender", logger: { error: (_, what) => warn(what) } });
  const writeSizes = async () => {
    for (const [cluster, said] of sizes) {
      await defender.sizes(said);
      if (sizes.get(cluster) === said) sizes.delete(cluster);
    }
  };
  const take = async (record: LogRecord) => {
    if (record.offset < now || (group !== undefined && defender.state.time.utc - record.time > LATE)) return;
    const heartbeat = reader.read<Heartbeat>(record, TYPES.heartbeat);
    if (heartbeat) await defender.heartbeat(heartbeat);
    const clock = reader.read<ExecutorClock>(record, TYPES.executorClock);
    if (clock) await defender.executorClock(clock);
  };
  const lost = (e: unknown) => warn(`a cluster's report is not written: ${sayError(e)}`);
  const options = { topic: "clusters", ...(group !== undefined && { group }) };
  return log.subscribe(options, async (records, reading) => {
    for (const record of records) {
      const said = reader.read<Sizes>(record, TYPES.sizes);
      if (said) sizes.set(said.cluster, said);
    }
    await Promise.all(records.map((record) => take(record).catch(lost)));
    const last = records.at(-1)!;
    if (last.offset >= now - 1) await writeSizes().catch(lost);
    if (group !== undefined && sizes.size === 0) void reading.commit(last.partition, last.offset + 1);
  });
}
