/**
 * The defender's properties over many more histories than `npm test` plays, and all of its mutants.
 *
 * ROUNDSMAN_LONG_HISTORIES   how many in this run (default 5,000; of the journal a fifth)
 * ROUNDSMAN_LONG_SEED        where chance begins (default: the time); runs of different seeds add up
 */
import { expect, it } from "vitest";
import * as core from "../../functions/defender/core.ts";
import * as journal from "../../functions/defender/journal.ts";
import { judgeJournal, total } from "../property/defender-journal.play.ts";
import { MUTANTS } from "../property/defender-mutants.ts";
import { checkFold, type Fold, judgeFold, seen } from "../property/defender-play.ts";
import { loadMutant } from "../property/mutate.ts";

const HISTORIES = Number(process.env.ROUNDSMAN_LONG_HISTORIES ?? 5_000);
const SEED = Number(process.env.ROUNDSMAN_LONG_SEED ?? Date.now() % 1_000_000_000);

it(`fold, seed ${SEED}: ${HISTORIES} histories, each agrees with the reference`, () => {
  expect(judgeFold(core, HISTORIES, SEED)).toBe(undefined);
  process.stdout.write(`${JSON.stringify(Object.fromEntries([...seen].sort()))}\n`);
});

it(`journal, seed ${SEED}: nothing is answered that the log does not say`, async () => {
  expect(await judgeJournal(journal, Math.ceil(HISTORIES / 5), SEED)).toBe(undefined);
  process.stdout.write(`${JSON.stringify(total)}\n`);
});

it.each(MUTANTS)("catches: $name", async (mutant) => {
  const fold = await loadMutant<Fold>("functions/defender/core.ts", mutant);
  expect(checkFold(fold, 2_000, 5).failed).toBe(true);
});
