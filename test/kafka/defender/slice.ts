import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { KafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { pick, seededRandom, shuffled } from "#functions/practice/random.ts";
import { checkSharedLog } from "#test/faults/defender/check-log.ts";
import { History } from "#test/faults/defender/history.ts";
import { kernelNow, Load } from "#test/faults/defender/load.ts";
import { actions, promised, rateOf } from "#test/faults/defender/slice.ts";
import { Target } from "#test/faults/defender/target.ts";
import { CAPS, CLUSTERS, CONFIGS } from "#test/faults/defender/world.ts";
import { checkHistory, overBegun } from "#test/property/decision-history.ts";
import { Bed } from "../support/bed.ts";
import { FAULTS, type Fault, harm } from "./faults.ts";
import { openDefenderLog, steppedLog } from "./log.ts";

/** Decisions a second of all replicas without which a fault proves nothing. */
const LEAST_LOAD = Number(process.env.ROUNDSMAN_LEAST_LOAD ?? 300);
const [CALM, MEASURED, CLIENTS] = [600, 700, 9];
/** ms that the load may take to come back after a fault: Kafka elects, replicas join again. */
const RECOVERY = 40_000;

export interface SharedSliceOptions {
  readonly script: string;
  readonly seed: number;
  readonly seconds: number;
  readonly only?: readonly Fault[];
  readonly keep?: boolean;
}

const quietly = (work: Promise<unknown>) => work.catch(() => undefined);

/** One life of one Kafka: three replicas under load, all harmed; then what was answered is held against the log and every promise. */
export async function runSharedSlice({ script, seed, seconds, only = FAULTS, keep = true }: SharedSliceOptions) {
  const random = seededRandom(seed);
  const bed = await Bed.up(3);
  const dir = mkdtempSync(join(tmpdir(), "roundsman-defender-kafka-"));
  const history = new History(join(dir, "history.jsonl"));
  const replicas = [1, 2, 3].map(() => new Target(script, { brokers: bed.brokers }));
  const log = openDefenderLog(bed.brokers);
  const load = new Load(replicas, random, (call) => history.note(call), 32);
  const any = (): Target =>
    pick(
      random,
      replicas.filter(({ isUp }) => isUp),
    ) ?? replicas[0]!;
  const start = (replica: Target) => replica.start({ boot: "", snapshotEvery: 4_000 });
  const hear = () => quietly(any().act({ do: "hear", clusters: CLUSTERS, clock: Date.now() }));
  const faults: Record<string, number> = {};
  const vacuous: string[] = [];
  let [leastLoad, isOn] = [Number.POSITIVE_INFINITY, true];
  let flaws: readonly string[] = [];
  let judged: Awaited<ReturnType<typeof judge>> | undefined;
  let began = kernelNow();
  try {
    await Promise.all(replicas.map(start));
    await replicas[0]!.act({ do: "init" });
    await replicas[1]!.act({ do: "configure", config: CONFIGS[0]! });
    const acts = actions({ act: (what) => any().act(what) }, load, random, hear, () => isOn);
    await hear();
    load.start(CLIENTS);
    began = kernelNow();
    let due: Fault[] = [];
    // Each fault in turn: what was begun is done to the end.
    while (due.length > 0 || kernelNow() - began < seconds * 1_000) {
      if (due.length === 0) due = shuffled(random, only);
      const fault = due.pop()!;
      await wait(CALM);
      const end = kernelNow() + RECOVERY;
      let rate = 0;
      while (rate < LEAST_LOAD && kernelNow() < end) rate = await rateOf(load, MEASURED);
      leastLoad = Math.min(leastLoad, rate);
      if (rate < LEAST_LOAD) vacuous.push(`${fault}: ${Math.round(rate)} decisions/s before it`);
      history.note({ fault, at: kernelNow(), rate });
      if (await harm(fault, { bed, replicas, load, log, random, start })) faults[fault] = (faults[fault] ?? 0) + 1;
      else vacuous.push(`${fault} did not happen`);
    }
    await wait(CALM);
    isOn = false;
    await acts;
    await load.stop();
    await Promise.all(replicas.map((one) => one.kill()));
    judged = await judge(log, load);
    flaws = judged.flaws.slice(0, 50);
  } catch (e) {
    flaws = [`${String(e)} ${replicas.map(({ said }) => said).join("\n")}`];
  } finally {
    isOn = false;
    await load.stop();
    for (const one of replicas) if (one.isUp) await one.kill();
    await log.close();
    await history.close();
    await bed.down();
  }
  const isKept = keep && flaws.length > 0;
  if (!isKept) rmSync(dir, { recursive: true });
  const { flaws: _, ...counts } = judged ?? { flaws };
  return {
    ...{ seed, seconds: Math.round((kernelNow() - began) / 1_000) },
    decisions: load.answered,
    unanswered: load.calls.length - load.answered,
    begun: load.begun.length,
    ...counts,
    ...{ faults, vacuous, flaws, leastLoad: Math.round(leastLoad), history: isKept ? dir : undefined },
  };
}

async function judge(log: KafkaLog, load: Load) {
  const times = new Map<number, number>();
  for await (const records of log.read("defender")) for (const { offset, time } of records) times.set(offset, time);
  const inLog = await checkSharedLog(steppedLog(log), (offset) => times.get(offset)!, load.calls, CAPS);
  const { flaws } = checkHistory(load.calls, promised(2_200));
  return { ...inLog, flaws: [...inLog.flaws, ...flaws, ...promised(0).flatMap((one) => overBegun(load.begun, one))] };
}
