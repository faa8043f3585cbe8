import { groupBy } from "./group-by.ts";
import type { Leaders } from "./leaders.ts";
import type { Nodes } from "./nodes.ts";
import { boundsOf } from "./offsets.ts";
import { deleteRecords } from "./wire.ts";

const TIMEOUT = 10_000;

/** Each partition begins there, or at its end where that comes before. Throws where one cannot be told at present. */
export async function trimTo(
  parts: { readonly nodes: Nodes; readonly leaders: Leaders },
  topic: string,
  partitions: readonly number[],
  before: number,
): Promise<void> {
  const { nodes, leaders } = parts;
  const starts = await boundsOf(parts, topic, partitions, "start");
  const ends = await boundsOf(parts, topic, partitions, "end");
  const all = partitions
    .map((partition) => ({ topic, partition, before: Math.min(before, ends.get(partition)!) }))
    .filter((one) => one.before > starts.get(one.partition)!);
  const leads = await Promise.all(all.map(({ partition }) => leaders.leader(topic, partition)));
  for (const [node, own] of groupBy(all.keys(), (at) => leads[at])) {
    if (node === undefined)
      throw new Error(`nobody leads ${topic}/${own.map((at) => all[at]!.partition).join()} at present`);
    const asked = own.map((at) => all[at]!);
    const refused = (await deleteRecords(nodes, node, asked, TIMEOUT)).find(({ error }) => error !== undefined);
    if (refused === undefined) continue;
    leaders.stale();
    throw refused.error;
  }
}
