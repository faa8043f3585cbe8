import { compileWalk, type Params, readPath, type Step } from "./path.ts";
import type { By } from "./read.ts";

/** The keys of an object: each a list of parts, as long as `by`. A missing, null or empty part = no key. */
export type Keys = (object: unknown) => readonly (readonly string[])[];

interface Part {
  readonly slot: number;
  readonly steps: readonly Step[];
}

const isArrayStep = (step: Step | undefined) => step?.step === "each" || step?.step === "match";
const text = (value: unknown): string | undefined => {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
};

/** Paths that share a `[]` walk it together; paths with different ones give every combination. */
function compileParts(
  parts: readonly Part[],
): (object: unknown, into: (string | undefined)[], emit: () => void) => void {
  const plain = parts
    .filter((p) => !p.steps.some(isArrayStep))
    .map((p) => ({ slot: p.slot, walk: compileWalk(p.steps) }));
  const groups = new Map<string, { head: readonly Step[]; rest: Part[] }>();
  for (const part of parts) {
    const at = part.steps.findIndex(isArrayStep);
    if (at < 0) continue;
    const head = part.steps.slice(0, at + 1);
    const id = JSON.stringify(head);
    const group = groups.get(id) ?? { head, rest: [] };
    groups.set(id, group);
    group.rest.push({ slot: part.slot, steps: part.steps.slice(at + 1) });
  }
  const arrays = [...groups.values()].map((g) => ({ walk: compileWalk(g.head), inner: compileParts(g.rest) }));
  return (object, into, emit) => {
    for (const { slot, walk } of plain) {
      into[slot] = undefined;
      if (!walk(object, (value) => (into[slot] = text(value)) !== undefined)) return;
    }
    const combine = (i: number): void => {
      const array = arrays[i];
      if (array === undefined) return emit();
      array.walk(object, (element) => {
        array.inner(element, into, () => combine(i + 1));
        return false;
      });
    };
    combine(0);
  };
}

/** Compiles a read's `by` (or a join's `at`): a path, or a list of paths. `[]` = one group of all. */
export function compileKeys(by: By, params: Params, at: string): Keys {
  const paths = typeof by === "string" ? [by] : by;
  const parts = paths.map((path, slot) => ({ slot, steps: readPath(path, params, `${at} "${path}"`) }));
  if (parts.length === 1 && !parts[0]!.steps.some(isArrayStep)) {
    const walk = compileWalk(parts[0]!.steps);
    return (object) => {
      let key: string | undefined;
      walk(object, (value) => (key = text(value)) !== undefined);
      return key === undefined ? [] : [[key]];
    };
  }
  const run = compileParts(parts);
  return (object) => {
    const keys: string[][] = [];
    const into: (string | undefined)[] = new Array(paths.length);
    const seen = new Set<string>();
    run(object, into, () => {
      const id = into.join("\u0000");
      if (seen.has(id)) return;
      seen.add(id);
      keys.push([...(into as string[])]);
    });
    return keys;
  };
}
