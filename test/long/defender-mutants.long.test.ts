/** Mistakes made on purpose in the defender's process, each caught by the harness that harms it. */
import { expect, it } from "vitest";
import { buildProcess } from "../faults/defender/build-process.ts";
import { PROCESS_MUTANTS } from "../faults/defender/mutants.ts";
import { runSlice } from "../faults/defender/slice.ts";

const SEED = Number(process.env.ROUNDSMAN_LONG_SEED ?? 7);

it.each(PROCESS_MUTANTS)("catches: $name", async (mutant) => {
  const { script, remove } = await buildProcess(mutant);
  try {
    let flaws: readonly string[] = [];
    const only = ["clock", "kill", "log.write:full", "log.write:torn"] as const;
    for (let n = 0; n < 3 && flaws.length === 0; n++)
      flaws = (await runSlice({ script, seed: SEED + n, seconds: 8, longestStop: 1, only, keep: false })).flaws;
    process.stdout.write(`${mutant.name}: ${flaws[0]?.slice(0, 160)}\n`);
    expect(flaws).not.toEqual([]);
  } finally {
    remove();
  }
});
