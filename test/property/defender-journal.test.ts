import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FaultyDisk } from "#broker/log/file/faulty-disk.ts";
import type { Log } from "#broker/log/log.ts";
import * as journal from "../../functions/defender/journal.ts";
import { Play, steps } from "./defender-journal.world.ts";
import { fileWorld, type Mutation } from "./log.world.ts";
import { loadMutant, type Mutant } from "./mutate.ts";

/** `npm run long` raises it. */
const RUNS = Number(process.env.ROUNDSMAN_RUNS ?? 40);
type Module = typeof journal;

const total = { granted: 0, denied: 0, refused: 0, lost: 0, crashes: 0 };
const holds = (module: Module, mutation?: () => Mutation) =>
  fc.asyncProperty(steps, async (history) => {
    const play = new Play(fileWorld(mutation?.()), module.Journal);
    await play.run(history);
    for (const what of Object.keys(total) as (keyof typeof total)[]) total[what] += play.counts[what];
  });
const check = async (module: Module, numRuns: number, mutation?: () => Mutation): Promise<fc.RunDetails<any>> =>
  fc.check(holds(module, mutation), { numRuns, seed: 7, endOnFailure: true });

/** Answers before the write has ended, with the offsets that it will get. */
const answersAhead = (log: Log): Log => {
  let next = 0;
  return {
    ...log,
    append: async (records) => {
      const written = log.append(records);
      written.then(
        (positions) => {
          next = positions.at(-1)!.offset + 1;
        },
        () => undefined,
      );
      if (next === 0) return written;
      const first = next;
      next += records.length;
      return records.map(({ topic }, at) => ({ topic, partition: 0, offset: first + at, time: 1 }));
    },
  };
};
const unsynced = (disk: FaultyDisk): void => {
  disk.lying = true;
};

const text = (name: string, find: string, replace: string): Mutant => ({
  name,
  file: "functions/defender/journal.ts",
  find,
  replace,
});

describe("the defender's journal", () => {
  it("answers nothing that the log does not say, over kills, power failures and failing disks", async () => {
    const result = await check(journal, RUNS);
    expect(result.failed ? fc.defaultReportMessage(result)?.slice(0, 6000) : undefined).toBe(undefined);
    expect(total.granted).toBeGreaterThan(RUNS * 3);
    expect(total.denied).toBeGreaterThan(RUNS * 10);
    expect(total.refused).toBeGreaterThan(RUNS);
    expect(total.crashes).toBeGreaterThan(RUNS);
  }, 3_600_000);

  it.each([
    ["an answer before it is on the disk", () => ({ log: answersAhead })],
    ["a sync that is none", () => ({ disk: unsynced })],
    ["a CRC that is not checked", () => ({ parts: { checksum: () => 0 } })],
  ] as [string, () => Mutation][])("catches: %s", async (_, mutation) => {
    expect((await check(journal, 400, mutation)).failed).toBe(true);
  });

  it.each([
    text(
      "a start that forgets",
      'log.read("defender", { from: this.#state.offset + 1 })',
      'log.read("defender", { from: 1e15 })',
    ),
    text("a start that skips a record", "from: this.#state.offset + 1", "from: this.#state.offset + 2"),
    text("a start that reads a record twice", "from: this.#state.offset + 1", "from: this.#state.offset"),
    text("numbers that have gaps", "this.#state.count + 1 + at", "this.#state.count + 1 + 2 * at"),
    text(
      "a failed append that counts",
      "for (const { reject } of batch) reject(e);",
      "for (const { input, reject } of batch) {\n          this.#fold({ offset: this.#state.offset + 1, time: 0, input });\n          reject(e);\n        }",
    ),
    text("decisions that are told twice", "record.offset > told", "record.offset >= told"),
    text("decisions that are lost in a crash", "record.offset > told", "record.offset < told"),
  ])("catches: $name", async (mutant) => {
    const module = await loadMutant<Module>("functions/defender/journal.ts", mutant);
    expect((await check(module, 200)).failed).toBe(true);
  });
});
