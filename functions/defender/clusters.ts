import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { ExecutorClock, Heartbeat, Sizes } from "#sdk/operation/reports.ts";
import type { Defender } from "./defender.ts";

/**
 * Brings what clusters report to the defender. What was said before now is not news: an old heartbeat would make a silent
 * cluster look alive. Sizes are said when they change, so the last ones count.
 */
export async function followClusters(
  log: Log,
  defender: Pick<Defender, "heartbeat" | "sizes" | "executorClock">,
  warn: (message: string) => void,
): Promise<Subscription> {
  const now = await log.end("clusters");
  /** Per cluster: the last that is not written yet. Unlike the others it is not said again. */
  const sizes = new Map<string, Sizes>();
  const keep = (value: string) => {
    const said = parseJson(value) as Sizes;
    sizes.set(said.cluster, said);
  };
  const writeSizes = async () => {
    for (const [cluster, said] of sizes) {
      await defender.sizes(said);
      if (sizes.get(cluster) === said) sizes.delete(cluster);
    }
  };
  const take = async ({ headers, value, offset }: LogRecord) => {
    if (value === null || offset < now) return;
    if (headers.ce_type === TYPES.heartbeat) await defender.heartbeat(parseJson(value) as Heartbeat);
    if (headers.ce_type === TYPES.executorClock) await defender.executorClock(parseJson(value) as ExecutorClock);
  };
  const lost = (e: unknown) => warn(`a cluster's report is not written: ${sayError(e)}`);
  return log.subscribe({ topic: "clusters" }, async (records) => {
    for (const { headers, value } of records) if (value !== null && headers.ce_type === TYPES.sizes) keep(value);
    await Promise.all(records.map((record) => take(record).catch(lost)));
    if (records.at(-1)!.offset >= now - 1) await writeSizes().catch(lost);
  });
}
