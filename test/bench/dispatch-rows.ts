/** A check on Kafka → its verdict on Kafka, by one dispatcher, beside kafkajs and undici written straight down. */
import { kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { Bed, hasBed } from "#test/kafka/support/bed.ts";
import { median } from "./process-cost.ts";
import { startSubject } from "./subject.ts";
import type { Row } from "./table.ts";

const CHECKS = 60_000;
const BATCH = 50;
const FLIGHTS = 16;
const ROUNDS = 3;

function checkRecord(n: number) {
  const head = { id: `c/1.${n}`, cluster: "c", case: "bench/one", instance: "bench/one", key: `Pod/shop/pod-${n}` };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${n}`, namespace: "shop" },
    note: "x".repeat(150),
  };
  const check = { ...head, stamp: { epoch: 1, seq: n }, params: { restarts: 3 }, rows: { it: [pod] } };
  const dataText = JSON.stringify(check);
  const key = ["c", "bench/one", head.key];
  return recordOf({ topic: "checks", key, type: TYPES.checkDue, id: head.id, source: "/w", dataText });
}

/** µs of the process's CPU per check. Brokers of their own each time: what was read once is in no memory. */
async function costOf(kind: "own" | "raw"): Promise<number> {
  const bed = await Bed.up(1);
  const host = startSubject("verdict-host", []);
  try {
    const connection = { brokers: bed.brokers, clientId: "bench", connectTimeout: 5_000, requestTimeout: 15_000 };
    const log = kafkaLog({ connection, clock: systemClock });
    await log.ready;
    for (let at = 0; at < CHECKS; at += 5_000)
      await log.append(Array.from({ length: 5_000 }, (_, n) => checkRecord(at + n)));
    await log.close();
    const { url } = await host.next<{ url: string }>();
    const args = [kind, bed.brokers.join(","), url, ...[CHECKS, BATCH, FLIGHTS].map(String)];
    const subject = startSubject("dispatch-kafka", args);
    try {
      const { cpu, written } = await subject.next<{ cpu: number; written: number }>();
      if (written !== CHECKS) throw new Error(`${written} verdicts came of ${CHECKS} checks`);
      return (cpu * 1_000) / CHECKS;
    } finally {
      await subject.end();
    }
  } finally {
    await host.end();
    await bed.down();
  }
}

/** None without a test bed. */
export async function dispatchRows(say: (text: string) => void): Promise<Row[]> {
  if (!hasBed()) {
    say("no row of checks on Kafka: no test bed with kafka/kafka.sh is there (ROUNDSMAN_TESTBED names its folder)");
    return [];
  }
  const costs = { own: [] as number[], raw: [] as number[] };
  for (let round = 0; round < ROUNDS; round++)
    for (const kind of ["own", "raw"] as const) {
      say(`checks on Kafka, ${kind} …`);
      costs[kind].push(await costOf(kind));
    }
  const [own, raw] = [median(costs.own), median(costs.raw)];
  const ratio = own / raw;
  return [
    {
      what: `a check on Kafka → its verdict on Kafka, one dispatcher, batches of ${BATCH} (${CHECKS} checks): CPU each`,
      own: `${own.toFixed(0)} µs (${Math.round(1e6 / own)}/s a core)`,
      beside: `${raw.toFixed(0)} µs kafkajs, undici, kafkajs written straight down (${ratio.toFixed(2)} x)`,
      reach: "≤ 1.5 x, ≥ 10,000/s a core",
      isReached: ratio <= 1.5 && own <= 100,
      isHeld: ratio <= 2,
    },
  ];
}
