import { describe, expect, it } from "vitest";
import * as core from "../../functions/defender/core.ts";
import { QUICK_MUTANTS } from "./defender-mutants.ts";
import { checkFold, type Fold, judgeFold } from "./defender-play.ts";
import { loadMutant } from "./mutate.ts";

describe("defender", () => {
  it("says what one says who keeps the whole history and counts anew each time", () => {
    expect(judgeFold(core, 60, 11)).toBe(undefined);
  });

  // All of them: `npm run long`.
  it.each(QUICK_MUTANTS)("catches: $name", async (mutant) => {
    const fold = await loadMutant<Fold>("functions/defender/core.ts", mutant);
    expect(checkFold(fold, 400, 5).failed).toBe(true);
  });
});
