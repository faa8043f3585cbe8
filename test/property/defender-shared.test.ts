import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as shared from "./defender-shared.subject.ts";
import { SharedPlay, steps } from "./defender-shared.world.ts";
import { loadMutant, type Mutant } from "./mutate.ts";

type Module = typeof shared;
const RUNS = Number(process.env.ROUNDSMAN_SHARED_HISTORIES ?? 30);

const total = { granted: 0, denied: 0, refused: 0, killed: 0, doubled: 0, stalled: 0 };
const check = (module: Module, numRuns: number, seed = 7) =>
  fc.check(
    fc.asyncProperty(steps, async (history) => {
      const play = new SharedPlay(module);
      await play.run(history);
      for (const what of Object.keys(total) as (keyof typeof total)[]) total[what] += play.counts[what];
    }),
    { numRuns, seed, endOnFailure: true },
  );

const text = (name: string, file: string, find: string, replace: string): Mutant => ({
  ...{ name, file: `functions/defender/${file}`, find, replace },
});

describe("a journal that three replicas write", () => {
  it("answers nothing that the log does not say, and all agree, over kills, doubles and clocks that step", async () => {
    const result = await check(shared, RUNS);
    if (result.failed) throw new Error(fc.defaultReportMessage(result)?.slice(0, 6_000));
    expect(total.granted).toBeGreaterThan(RUNS);
    expect(total.denied).toBeGreaterThan(RUNS * 10);
    expect(total.killed).toBeGreaterThan(RUNS / 2);
    expect(total.doubled).toBeGreaterThan(RUNS / 2);
    expect(total.stalled).toBeGreaterThan(RUNS);
  });

  it.each([
    text("what is stored twice counts twice", "writers.ts", "if (number <= writer.last) return false;", ""),
    text(
      "a beginning that was forgotten counts again",
      "writers.ts",
      "(input.after ?? -1) < state.forgottenWriters",
      "false",
    ),
    text("what one that is gone had to tell is lost", "writers.ts", "    inherit(writer, silent);\n", ""),
    text("what was taken over is told blindly", "tell-decisions.ts", "!known.has(one.decision.offset)", "true"),
    text("a broker's clock is believed", "time.ts", "passVouched(state, from)", "Math.max(0, utc - clock.utc)"),
    text("time that nobody vouches for", "vouched.ts", "at + since[1]", "at + 2 * since[1]"),
    text(
      "a grant that was long on its way came when it was sent",
      "vouched.ts",
      "if (elapsed > 0) renew",
      "if (elapsed < 0) renew",
    ),
    text("a snapshot forgets who writes", "snapshot.ts", "(kept.writers ?? [])", "([] as any[])"),
  ])(
    "catches: $name",
    async (mutant) => {
      const module = await loadMutant<Module>("test/property/defender-shared.subject.ts", mutant);
      expect((await check(module, 600)).failed).toBe(true);
    },
    60_000,
  );
});
