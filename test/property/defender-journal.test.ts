import { describe, expect, it } from "vitest";
import type { FaultyDisk } from "#broker/log/file/faulty-disk.ts";
import type { Log } from "#broker/log/log.ts";
import * as journal from "../../functions/defender/journal.ts";
import { checkJournal, judgeJournal, type Module } from "./defender-journal.play.ts";
import type { Mutation } from "./log.world.ts";
import { loadMutant, type Mutant } from "./mutate.ts";

const RUNS = 40;

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
    expect(await judgeJournal(journal, RUNS, 7)).toBe(undefined);
  });

  it.each([
    ["an answer before it is on the disk", () => ({ log: answersAhead })],
    ["a sync that is none", () => ({ disk: unsynced })],
    ["a CRC that is not checked", () => ({ parts: { checksum: () => 0 } })],
  ] as [string, () => Mutation][])("catches: %s", async (_, mutation) => {
    expect((await checkJournal(journal, 400, 7, mutation)).failed).toBe(true);
  });

  it.each([
    text(
      "a start that forgets",
      'log.read("defender", { from: this.#state.offset + 1 })',
      'log.read("defender", { from: 1e15 })',
    ),
    text("a start that skips a record", "from: this.#state.offset + 1", "from: this.#state.offset + 2"),
    text("a start that reads a record twice", "from: this.#state.offset + 1", "from: this.#state.offset"),
    text("numbers that have gaps", "this.#unread + 1 + at", "this.#unread + 1 + 2 * at"),
    text(
      "a failed append that counts",
      "for (const { reject } of batch) reject(e);",
      "for (const { input, reject } of batch) {\n          this.#fold({ offset: this.#state.offset + 1, time: 0, input });\n          reject(e);\n        }",
    ),
    text("decisions that are told twice", "record.offset > told", "record.offset >= told"),
    text("decisions that are lost in a crash", "record.offset > told", "record.offset < told"),
  ])("catches: $name", async (mutant) => {
    const module = await loadMutant<Module>("functions/defender/journal.ts", mutant);
    expect((await checkJournal(module, 200, 7)).failed).toBe(true);
  });
});
