import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { histories } from "./log.history.ts";
import { FILE_MUTANTS, MEMORY_MUTANTS } from "./log.mutants.ts";
import { Play } from "./log.play.ts";
import { fileWorld, memoryWorld, type World } from "./log.world.ts";

const holds = (world: () => World) => fc.asyncProperty(histories, (history) => new Play(world()).run(history));

describe("log property", () => {
  it("memory: any history reads as the model says", () => fc.assert(holds(memoryWorld), { numRuns: 100 }));

  it("file: any history reads as the model says, over restarts, crashes and failing disks", () =>
    fc.assert(holds(fileWorld), { numRuns: 200 }));

  // A fixed seed: whether a mistake is found must not depend on luck. `endOnFailure` spares the shrinking.
  const finds = async (world: () => World): Promise<number> => {
    const outcome = await fc.check(holds(world), { numRuns: 500, seed: 1, endOnFailure: true });
    return outcome.failed ? outcome.numRuns : Number.POSITIVE_INFINITY;
  };

  it.each(FILE_MUTANTS)("file: notices when $mistake", async ({ mutation }) => {
    expect(await finds(() => fileWorld(mutation()))).toBeLessThan(500);
  });

  it.each(MEMORY_MUTANTS)("memory: notices when $mistake", async ({ mutation }) => {
    expect(await finds(() => memoryWorld(mutation()))).toBeLessThan(500);
  });
});
