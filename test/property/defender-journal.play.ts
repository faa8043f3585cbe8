import fc from "fast-check";
import type * as journal from "../../functions/defender/journal.ts";
import { Play, steps } from "./defender-journal.world.ts";
import { fileWorld, type Mutation } from "./log.world.ts";

export type Module = typeof journal;

export const total = { granted: 0, denied: 0, refused: 0, lost: 0, crashes: 0 };
const holds = (module: Module, mutation?: () => Mutation) =>
  fc.asyncProperty(steps, async (history) => {
    const play = new Play(fileWorld(mutation?.()), module.Journal);
    await play.run(history);
    for (const what of Object.keys(total) as (keyof typeof total)[]) total[what] += play.counts[what];
  });
export const checkJournal = async (
  module: Module,
  numRuns: number,
  seed: number,
  mutation?: () => Mutation,
): Promise<fc.RunDetails<any>> => fc.check(holds(module, mutation), { numRuns, seed, endOnFailure: true });

/** The flaw that a run found, or that it proved too little. */
export async function judgeJournal(module: Module, runs: number, seed: number): Promise<string | undefined> {
  for (const what of Object.keys(total) as (keyof typeof total)[]) total[what] = 0;
  const result = await checkJournal(module, runs, seed);
  if (result.failed) return fc.defaultReportMessage(result)?.slice(0, 6_000);
  const { granted, denied, refused, crashes } = total;
  const isEnough = granted > runs * 3 && denied > runs * 10 && refused > runs && crashes > runs;
  return isEnough ? undefined : `too little happened: ${JSON.stringify(total)}`;
}
