import { Bed, hasBed } from "#test/kafka/support/bed.ts";
import { median } from "./process-cost.ts";
import { runSubject } from "./subject.ts";
import type { Row } from "./table.ts";

const RECORDS = 100_000;
const RUNS = 3;

interface Measured {
  readonly records: number;
  /** µs of CPU for each, and how many a second. */
  readonly cpu: number;
  readonly rate: number;
}
type Way = "own" | "raw";
type Work = "append" | "consume" | "append-packed";

/** The log on Kafka beside kafkajs as it is, the same records in the same batches. None without a test bed. */
export async function kafkaRows(say: (text: string) => void): Promise<Row[]> {
  if (!hasBed()) {
    say("no rows of Kafka: no test bed with kafka/kafka.sh is there (ROUNDSMAN_TESTBED names its folder)");
    return [];
  }
  say("the log on Kafka …");
  const bed = await Bed.up(1);
  try {
    const all: Record<Work, Record<Way, Measured[]>> = {
      append: { own: [], raw: [] },
      consume: { own: [], raw: [] },
      "append-packed": { own: [], raw: [] },
    };
    for (let run = 0; run < RUNS; run++)
      for (const way of ["own", "raw"] as const)
        for (const work of ["append", "consume", "append-packed"] as const) {
          const topic = `bench-${way}-${run}`;
          const measured = await runSubject<Measured>("kafka", [
            bed.brokers.join(),
            topic,
            `${way}-${work}`,
            `${RECORDS}`,
          ]);
          if (measured.records !== RECORDS)
            throw new Error(`${way} ${work}: ${measured.records} of ${RECORDS} records`);
          all[work][way].push(measured);
        }
    return [
      rowOf("log on Kafka, append: 500 records of 500 bytes at once, 12 partitions, acks=all, not packed", all.append),
      rowOf("the same with gzip, each as it packs by itself (level 1; 6)", all["append-packed"]),
      rowOf("log on Kafka, consume: the same records in a group, as texts, each batch committed", all.consume),
    ];
  } finally {
    await bed.down();
  }
}

const middle = (all: readonly Measured[], field: "cpu" | "rate"): number => median(all.map((one) => one[field]));

function rowOf(what: string, { own, raw }: Record<Way, Measured[]>): Row {
  const [ours, theirs] = [middle(own, "cpu"), middle(raw, "cpu")];
  const times = ours / theirs;
  const rate = (all: readonly Measured[]) => `${Math.round(middle(all, "rate")).toLocaleString("en")}/s`;
  return {
    what: `${what}: CPU each (median of ${RUNS} runs, one broker)`,
    own: `${ours.toFixed(1)} µs (${rate(own)})`,
    beside: `kafkajs 2.2.4 by itself ${theirs.toFixed(1)} µs (${rate(raw)}; ${times.toFixed(2)} x)`,
    reach: "≤ 1 x kafkajs",
    isReached: times <= 1,
    isHeld: times <= 1.3,
  };
}
