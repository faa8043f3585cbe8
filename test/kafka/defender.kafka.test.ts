/**
 * Three replicas of the real defender on three real brokers, under load: replicas killed, stopped, their clocks and the brokers'
 * stepped, brokers killed and stopped; then what callers were told is held against the log and against every promise.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildProcess } from "#test/faults/defender/build-process.ts";
import { FAULTS } from "./defender/faults.ts";
import { runSharedSlice } from "./defender/slice.ts";

const SECONDS = Number(process.env.ROUNDSMAN_FAULT_SECONDS ?? 45);
const seed = Number(process.env.ROUNDSMAN_SEED ?? Math.floor(Math.random() * 1e9));

let built: Awaited<ReturnType<typeof buildProcess>>;
beforeAll(async () => {
  built = await buildProcess(undefined, "test/kafka/defender/replica.ts");
});
afterAll(() => built?.remove());

it(`seed ${seed}: no window is over its budget, and no answer contradicts the log, over ${SECONDS} s of faults and more`, async () => {
  const slice = await runSharedSlice({ script: built.script, seed, seconds: SECONDS });
  process.stdout.write(`${JSON.stringify(slice)}\n`);
  expect(slice.flaws).toEqual([]);
  expect(slice.vacuous).toEqual([]);
  expect(slice).toMatchObject({ toldTwice: 0 });
  // Budgets were contended, and tokens came back.
  expect(slice).toHaveProperty(
    "granted",
    expect.toSatisfy((count: number) => count > 100),
  );
  expect(slice.begun).toBeGreaterThan(50);
  expect(Object.keys(slice.faults).sort()).toEqual([...FAULTS].sort());
}, 240_000);
