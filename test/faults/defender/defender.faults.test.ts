/**
 * The real defender on a real file log in a process of its own, killed, stopped, cut off, its clock stepped, its disk full
 * or torn, under load; then what its callers were told is held against its log and against every promise.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildProcess } from "./build-process.ts";
import { FAULTS } from "./faults.ts";
import { runSlice } from "./slice.ts";

const SECONDS = Number(process.env.ROUNDSMAN_FAULT_SECONDS ?? 600);
const seed = Number(process.env.ROUNDSMAN_SEED ?? Math.floor(Math.random() * 1e9));

let built: Awaited<ReturnType<typeof buildProcess>>;
beforeAll(async () => {
  built = await buildProcess();
});
afterAll(() => built.remove());

it(`seed ${seed}: no window is over its budget, and no answer contradicts the log, over ${SECONDS} s of faults`, async () => {
  const happened = new Map<string, number>();
  const end = Date.now() + SECONDS * 1_000;
  for (let n = 0; Date.now() < end; n++) {
    const slice = await runSlice({ script: built.script, seed: seed + n, seconds: 50, longestStop: 3 });
    process.stdout.write(`${JSON.stringify(slice)}\n`);
    expect(slice.flaws).toEqual([]);
    expect(slice.vacuous).toEqual([]);
    // Budgets were contended, and tokens came back.
    expect(slice.granted).toBeGreaterThan(200);
    expect(slice.begun).toBeGreaterThan(100);
    expect(slice.brakes).toBeGreaterThan(0);
    for (const [fault, count] of Object.entries(slice.faults)) happened.set(fault, (happened.get(fault) ?? 0) + count);
  }
  expect([...happened.keys()].sort()).toEqual([...FAULTS].sort());
});
