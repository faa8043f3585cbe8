/**
 * The defender's process harmed again and again under load; what each life proves adds up (runs.ts keeps it).
 *
 * ROUNDSMAN_FAULT_SECONDS   how long (default 3,000)
 * ROUNDSMAN_LONG_SEED       where chance begins (default: the time)
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildProcess } from "../faults/defender/build-process.ts";
import { runSlice } from "../faults/defender/slice.ts";
import { kept } from "./runs.ts";

const SECONDS = Number(process.env.ROUNDSMAN_FAULT_SECONDS ?? 3_000);
const SEED = Number(process.env.ROUNDSMAN_LONG_SEED ?? Date.now() % 1_000_000_000);
/** Of one log. */
const SLICE = Math.min(SECONDS, 50);

let built: Awaited<ReturnType<typeof buildProcess>>;
beforeAll(async () => {
  built = await buildProcess();
});
afterAll(() => built.remove());

it(`seed ${SEED}: over ${SECONDS} s no window is over its budget, and no answer contradicts the log`, async () => {
  const total = { granted: 0, faults: 0, vacuous: 0 };
  const end = Date.now() + SECONDS * 1_000;
  for (let n = 0; Date.now() < end; n++) {
    const slice = await runSlice({ script: built.script, seed: SEED + n, seconds: SLICE, longestStop: n % 8 ? 3 : 30 });
    total.granted += slice.granted;
    total.faults += Object.values(slice.faults).reduce((sum, count) => sum + count, 0);
    total.vacuous += slice.vacuous.length;
    kept("defender-faults", { ...slice });
    expect(slice.flaws).toEqual([]);
  }
  expect(total.vacuous).toBeLessThan(total.faults / 20);
  expect(total.granted).toBeGreaterThan(total.faults);
});
