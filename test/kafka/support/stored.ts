import { Leaders } from "#broker/log/kafka/leaders.ts";
import { Nodes } from "#broker/log/kafka/nodes.ts";
import { boundsOf, range } from "#broker/log/kafka/offsets.ts";
import type { Connection } from "#broker/log/kafka/settings.ts";
import { fetchFrom } from "#broker/log/kafka/wire.ts";

const LIMITS = { wait: 500, bytes: 4 * 1024 * 1024, partitionBytes: 1024 * 1024 };

/** What Kafka holds of a topic, doubles with it: how many records, and how many of them were stored before. */
export async function stored(connection: Connection, topic: string): Promise<{ records: number; doubles: number }> {
  const nodes = new Nodes(connection);
  const leaders = new Leaders(nodes);
  try {
    const partitions = range((await leaders.partitions(topic))!);
    const ends = await boundsOf({ nodes, leaders }, topic, partitions, "end");
    const marks = new Set<string>();
    let records = 0;
    for (const partition of partitions) {
      for (let from = 0; from < ends.get(partition)!; ) {
        const leader = (await leaders.leader(topic, partition))!;
        const [answer] = await fetchFrom(nodes, leader, [{ topic, partition, from }], LIMITS);
        for (const { mark } of answer!.records) {
          records += 1;
          marks.add(mark!);
        }
        from = answer!.next;
      }
    }
    return { records, doubles: records - marks.size };
  } finally {
    await nodes.close();
  }
}
