import { describe, expect, it } from "vitest";
import { FAULTS } from "./faults/index.ts";
import { startPractice } from "./practice.ts";
import { seededRandom } from "./random.ts";
import { whatIsWrong } from "./testing/oracle.ts";
import { createTimeline } from "./timeline.ts";

const START = Date.parse("2026-11-21T12:00:00Z");
const LOOK = 500;

/** When each finding first lasted long enough to be raised, and when it had been gone long enough to be resolved. */
async function watchScenario(seed: number, lasting: number, ms: number) {
  const time = createTimeline(START);
  const failures: unknown[] = [];
  const practice = await startPractice({
    clock: time,
    random: seededRandom(seed),
    report: (error) => failures.push(error),
  });
  const raised = new Map<string, number>();
  const resolved = new Map<string, number>();
  const lasts = new Map<string, number>();
  const gone = new Map<string, number>();
  const standing: number[] = [];
  for (let at = LOOK; at <= ms; at += LOOK) {
    time.advance(LOOK);
    const now = new Set(whatIsWrong(practice.store, practice.cluster.client).map((one) => one.case));
    for (const one of now) {
      gone.delete(one);
      lasts.set(one, (lasts.get(one) ?? 0) + LOOK);
      if ((lasts.get(one) ?? 0) >= lasting && !raised.has(one)) raised.set(one, at);
    }
    for (const one of [...lasts.keys()].filter((known) => !now.has(known))) {
      gone.set(one, (gone.get(one) ?? 0) + LOOK);
      if ((gone.get(one) ?? 0) < lasting) continue;
      lasts.delete(one);
      if (raised.has(one) && !resolved.has(one)) resolved.set(one, at);
    }
    standing.push(practice.standing().length);
  }
  await practice.close();
  expect(failures).toEqual([]);
  return { raised, resolved, standing };
}

describe("the scenario", () => {
  it.each([1, 2])("shows findings come and go within half a minute (seed %i)", async (seed) => {
    const { raised, resolved } = await watchScenario(seed, 3_000, 27_000);
    expect(raised.size).toBeGreaterThanOrEqual(2);
    expect(resolved.size).toBeGreaterThanOrEqual(1);
  });

  it("shows every fault within three minutes, several at a time", async () => {
    const { raised, resolved, standing } = await watchScenario(4, 3_000, 180_000);
    expect([...raised.keys()].sort()).toEqual(FAULTS.map(({ expects }) => expects).sort());
    expect(resolved.size).toBeGreaterThanOrEqual(FAULTS.length - 3);
    expect(Math.max(...standing)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...standing)).toBeLessThanOrEqual(6);
  });
});
