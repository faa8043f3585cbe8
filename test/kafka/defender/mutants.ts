import { MUTANTS } from "../../property/defender-mutants.ts";
import type { Mutant } from "../../property/mutate.ts";

const text = (name: string, file: string, find: string, replace: string): Mutant => ({
  ...{ name, file: `functions/defender/${file}`, find, replace },
});

/** Mistakes that harmed replicas must betray: of the fold, of its time, of what is handed from one life to the next. */
export const SHARED_MUTANTS: readonly Mutant[] = [
  ...[
    ...["one more than the limit", "ε is ignored", "a fixed window that resets whole", "the brake is ignored"],
    ...["no id is remembered", "a snapshot forgets the grants"],
  ].map((name) => MUTANTS.find((one) => one.name === name)!),
  text(
    "a broker's clock that jumps is believed",
    "time.ts",
    "elapsed = passVouched(state, from);",
    "elapsed = Math.max(0, utc - clock.utc);",
  ),
  text("time that no writer vouches for", "vouched.ts", "at + since[1] - time.now", "at + 2 * since[1] - time.now"),
  text(
    "an answer that is not the log's",
    "shared-journal.ts",
    "this.#pending.settle(key, { offset: record.offset, answer });",
    "this.#pending.settle(key, { offset: record.offset, answer: answer.decision ? { decision: { ...answer.decision, offset: record.offset, outcome: 'granted', grant: { fence: record.offset, notAfter: record.time + 1000 } } } : answer });",
  ),
];
