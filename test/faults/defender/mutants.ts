import { MUTANTS } from "../../property/defender-mutants.ts";
import type { Mutant } from "../../property/mutate.ts";

const text = (name: string, file: string, find: string, replace: string): Mutant => ({ name, file, find, replace });

/** Mistakes that the harmed process must betray: of the fold, of the journal around it, of the log under it. */
export const PROCESS_MUTANTS: readonly Mutant[] = [
  ...[
    "one more than the limit",
    "ε is ignored",
    "a fixed window that resets whole",
    "caps do not count",
    "other budgets forget what was granted",
    "an end gives the token back",
    "a clock that jumps is believed",
    "the brake is ignored",
    "no id is remembered",
    "a snapshot forgets the grants",
    "a snapshot is off by one grant",
  ].map((name) => MUTANTS.find((one) => one.name === name)!),
  text(
    "a start that forgets",
    "functions/defender/journal.ts",
    'log.read("defender", { from: this.#state.offset + 1 })',
    'log.read("defender", { from: 1e15 })',
  ),
  text(
    "an answer before it is on the disk",
    "broker/log/file/segment-writer.ts",
    "      await file.write(bytes, this.#position);\n",
    "      if (this.#position > 0) {\n        this.#position += bytes.length;\n        void file.write(bytes, this.#position - bytes.length).catch(() => undefined);\n        return;\n      }\n",
  ),
];
