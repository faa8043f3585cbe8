/**
 * 100,000 grants, each to five executors that end at any await and are started again, against the practice server. Its
 * compare-and-swap is held to a real API server's by functions/practice/contract.
 *
 * ROUNDSMAN_LONG_GRANTS   how many in this run (default 100,000)
 * ROUNDSMAN_LONG_SEED     where chance begins (default: the time); slices of different seeds add up
 */
import { expect, it } from "vitest";
import { practiceArena } from "#functions/executor/arena.test-kit.ts";
import { runExecutions } from "#functions/executor/at-most-once.test-kit.ts";
import { kept } from "./runs.ts";

const GRANTS = Number(process.env.ROUNDSMAN_LONG_GRANTS ?? 100_000);
const SEED = Number(process.env.ROUNDSMAN_LONG_SEED ?? Date.now() % 1_000_000_000);
/** A server of its own for each slice: what one keeps of its past must not slow the next. */
const SLICE = 5_000;

const slices = Array.from({ length: Math.ceil(GRANTS / SLICE) }, (_, i) => Math.min(SLICE, GRANTS - i * SLICE));

it.each(slices.map((grants, i) => [SEED + i, grants] as const))(
  "seed %d: of %d grants none is carried out twice",
  async (seed, grants) => {
    const { arena } = await practiceArena();
    const began = performance.now();
    const tally = await runExecutions({ arena, grants, seed, parallel: 1 });
    const seconds = Math.round((performance.now() - began) / 1000);
    kept("executor", { seed, seconds, ...tally });
    expect(tally.violations).toEqual([]);
    expect(tally.grants).toBe(grants);
    // A run in which nothing went wrong would prove nothing.
    expect(tally.crashes).toBeGreaterThan(grants / 2);
    expect(tally.stale).toBeGreaterThan(grants / 20);
    expect(tally.recreated).toBeGreaterThan(grants / 20);
    expect(tally.executed).toBeGreaterThan(grants / 2);
  },
);
