import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Below the project, not in it: what long runs have shown so far, a line of JSON for each slice. */
const folder = () => process.env.ROUNDSMAN_LONG_RUNS ?? join(import.meta.dirname, "../../.roundsman/long");

/** Keeps the line at once, so that a run which is ended halfway has shown what it had, and prints it beside the total of all runs. */
export function kept(name: string, slice: Readonly<Record<string, unknown>>): void {
  mkdirSync(folder(), { recursive: true });
  const file = join(folder(), `${name}.jsonl`);
  appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), ...slice })}\n`);
  process.stdout.write(`${JSON.stringify(slice)}\n${file}: ${JSON.stringify(totalOf(file))}\n`);
}

/** Numbers added up, lists counted, counts within counts added up. */
function totalOf(file: string): Record<string, number> {
  const total: Record<string, number> = { slices: 0 };
  const add = (what: string, n: number) => {
    total[what] = (total[what] ?? 0) + n;
  };
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
    add("slices", 1);
    for (const [what, value] of Object.entries(JSON.parse(line))) {
      if (typeof value === "number" && what !== "seed" && what !== "leastLoad") add(what, value);
      else if (Array.isArray(value)) add(what, value.length);
      else if (typeof value === "object" && value !== null)
        for (const n of Object.values(value)) if (typeof n === "number") add(what, n);
    }
  }
  return total;
}
