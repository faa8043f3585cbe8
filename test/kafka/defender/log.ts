import { type KafkaLog, kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import type { Log, LogRecord } from "#broker/log/log.ts";
import { TOPICS } from "#broker/topics.ts";
import { systemClock } from "#sdk/runtime/clock.ts";

const MARK = "test.clock-step";
const STEPS = "test-steps";

export const openDefenderLog = (brokers: readonly string[]): KafkaLog =>
  kafkaLog({
    connection: { brokers, clientId: "roundsman-defender", connectTimeout: 2_000, requestTimeout: 5_000 },
    clock: systemClock,
    topics: {
      defender: TOPICS.defender,
      "defender-snapshots": TOPICS["defender-snapshots"],
      decisions: TOPICS.decisions,
      [STEPS]: { key: ["step"], days: 1 },
    },
    warn: () => undefined,
  });

/** From this offset on the brokers' clock is so many ms ahead. */
interface ClockStep {
  readonly offset: number;
  readonly ms: number;
}

async function stepsIn(log: Log): Promise<ClockStep[]> {
  const steps: ClockStep[] = [];
  for await (const records of log.read(STEPS))
    for (const { value } of records) steps.push(JSON.parse(value!) as ClockStep);
  return steps;
}

/** Steps the clock by which brokers stamp: with a record that lies where it happens, so that every reader agrees on it. */
export async function stepClock(log: Log, ms: number): Promise<number> {
  const key = JSON.stringify(["fleet"]);
  const [at] = await log.append([{ topic: "defender", key, headers: { ce_type: MARK }, value: String(ms) }]);
  const step: ClockStep = { offset: at!.offset, ms };
  await log.append([{ topic: STEPS, key: JSON.stringify(["step"]), headers: {}, value: JSON.stringify(step) }]);
  return at!.offset;
}

/** How the times of topic `defender` are seen by who reads it from an offset on. */
function stepping(steps: readonly ClockStep[], from: number) {
  let ahead = steps.findLast(({ offset }) => offset < from)?.ms ?? 0;
  return (record: LogRecord): LogRecord => {
    if (record.headers.ce_type === MARK) ahead = Number(record.value);
    return { ...record, time: record.time + ahead };
  };
}

/** The log as brokers would give it whose clocks step. Keeps all inputs, for whoever judges. */
export const steppedLog = (log: Log): Log => ({
  ...log,
  trim: async (topic, before) => (topic === "defender" ? undefined : log.trim(topic, before)),
  async *read(topic, options = {}) {
    const see = topic === "defender" ? stepping(await stepsIn(log), options.from ?? 0) : undefined;
    for await (const records of log.read(topic, options)) yield see ? records.map(see) : records;
  },
  subscribe(options, handler) {
    if (options.topic !== "defender") return log.subscribe(options, handler);
    let see: ((record: LogRecord) => LogRecord) | undefined;
    return log.subscribe(options, async (records, reading) => {
      see ??= stepping(await stepsIn(log), records[0]!.offset);
      return handler(records.map(see), reading);
    });
  },
});
