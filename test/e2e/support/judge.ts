import { expect, inject } from "vitest";
import { type Fault, isOf, line } from "./fault.ts";
import { play } from "./play.ts";
import type { Scene } from "./scene.ts";
import { noteTiming } from "./timings.ts";

/** ms that a finding may come, or go, late; and that it may seem early, because we saw the cause late ourselves. */
const LATE = 1_000;
const EARLY = 250;

/** Plays a fault: exactly its findings come, stay, and go, each in time. */
export async function judge(fault: Fault, scene: Scene): Promise<void> {
  const { seen, expected, fellEarly, timings } = await play({ fault, stage: scene, recorder: scene.recorder });
  for (const timing of timings) noteTiming(inject("timings"), timing);
  expect(seen).toEqual(expected);
  expect(fellEarly).toEqual([]);
  for (const { case: name, rule, raised, resolved } of timings) {
    const what = `${name} ${rule ?? ""} of ${fault.name}`;
    expect(raised, `${what} was raised late`).toBeLessThanOrEqual(LATE);
    expect(raised, `${what} was raised early`).toBeGreaterThanOrEqual(-EARLY);
    expect(resolved, `${what} was resolved late`).toBeLessThanOrEqual(LATE);
    expect(resolved, `${what} was resolved early`).toBeGreaterThanOrEqual(-EARLY);
  }
}

/** Ends Roundsman: nothing was ever found but of these faults, by the API and by the log, each once, and all of it is over. */
export async function judgeAll(faults: readonly Fault[], scene: Scene): Promise<void> {
  const { recorder, roundsman } = scene;
  const unexpected = recorder.seen.filter(({ finding }) => !faults.some((fault) => isOf(fault, finding)));
  expect(unexpected.map(({ finding }) => finding)).toEqual([]);
  expect(recorder.seen.filter(({ resolved }) => resolved === undefined)).toEqual([]);
  expect(recorder.seen.filter(({ finding }) => finding.episodes !== 1)).toEqual([]);
  expect(await scene.end()).toBe(0);
  const stored = await roundsman.stored();
  expect(stored.map(line).sort()).toEqual(recorder.seen.map(({ finding }) => line(finding)).sort());
  expect(roundsman.stderr).toBe("");
}
