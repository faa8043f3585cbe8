/**
 * Three replicas of the defender on three real brokers, harmed again and again under load (runs.ts adds up what each life
 * proves); and mistakes made on purpose in them, each of which the harness must catch. Needs the test bed's Kafka.
 *
 * ROUNDSMAN_FAULT_SECONDS   how long (default 1,800)
 * ROUNDSMAN_LONG_SEED       where chance begins (default: the time)
 */
import { expect, it } from "vitest";
import { buildProcess } from "../faults/defender/build-process.ts";
import type { Fault } from "../kafka/defender/faults.ts";
import { SHARED_MUTANTS } from "../kafka/defender/mutants.ts";
import { runSharedSlice } from "../kafka/defender/slice.ts";
import { kept } from "./runs.ts";

const SECONDS = Number(process.env.ROUNDSMAN_FAULT_SECONDS ?? 1_800);
const SEED = Number(process.env.ROUNDSMAN_LONG_SEED ?? Date.now() % 1_000_000_000);
/** Of one Kafka. */
const SLICE = Math.min(SECONDS, 300);
const ENTRY = "test/kafka/defender/replica.ts";

it(`seed ${SEED}: over ${SECONDS} s no window is over its budget, and no answer contradicts the log`, async () => {
  const { script, remove } = await buildProcess(undefined, ENTRY);
  const total = { granted: 0, faults: 0, vacuous: 0 };
  try {
    const end = Date.now() + SECONDS * 1_000;
    for (let n = 0; Date.now() < end; n++) {
      const slice = await runSharedSlice({ script, seed: SEED + n, seconds: SLICE });
      kept("defender-kafka", { ...slice });
      expect(slice.flaws).toEqual([]);
      expect(slice).toMatchObject({ toldTwice: 0 });
      total.granted += "granted" in slice ? (slice.granted as number) : 0;
      total.faults += Object.values(slice.faults).reduce((sum, count) => sum + count, 0);
      total.vacuous += slice.vacuous.length;
    }
  } finally {
    remove();
  }
  expect(total.vacuous).toBeLessThan(Math.max(1, total.faults / 20));
  expect(total.granted).toBeGreaterThan(total.faults);
});

it.each(SHARED_MUTANTS)("catches: $name", async (mutant) => {
  const { script, remove } = await buildProcess(mutant, ENTRY);
  const only: Fault[] = ["brokers' clock", "all replicas killed", "cut"];
  try {
    let flaws: readonly string[] = [];
    for (let n = 0; n < 3 && flaws.length === 0; n++)
      flaws = (await runSharedSlice({ script, seed: SEED + n, seconds: 15, only, keep: false })).flaws;
    process.stdout.write(`${mutant.name}: ${flaws[0]?.slice(0, 160)}\n`);
    expect(flaws).not.toEqual([]);
  } finally {
    remove();
  }
});
