import { groupBy } from "./group-by.ts";
import type { Leaders } from "./leaders.ts";
import type { Nodes } from "./nodes.ts";
import { type Bound, listOffsets } from "./wire.ts";

/** Where each of the partitions begins or ends. Throws where one cannot be asked at present. */
export async function boundsOf(
  { nodes, leaders }: { readonly nodes: Nodes; readonly leaders: Leaders },
  topic: string,
  partitions: readonly number[],
  bound: Bound,
): Promise<Map<number, number>> {
  const leads = await Promise.all(partitions.map((partition) => leaders.leader(topic, partition)));
  const found = new Map<number, number>();
  for (const [node, own] of groupBy(partitions.keys(), (at) => leads[at])) {
    if (node === undefined)
      throw new Error(`nobody leads ${topic}/${own.map((at) => partitions[at]).join()} at present`);
    const asked = own.map((at) => ({ topic, partition: partitions[at]! }));
    try {
      for (const { partition, offset, error } of await listOffsets(nodes, node, asked, bound)) {
        if (error !== undefined) throw error;
        found.set(partition, offset);
      }
    } catch (e) {
      leaders.stale();
      throw e;
    }
  }
  return found;
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
