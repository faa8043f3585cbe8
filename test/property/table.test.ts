import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type * as tableModule from "#broker/table/tables.ts";
import { Tables } from "#broker/table/tables.ts";
import { compileReads } from "#sdk/case/compile.ts";
import type { Read } from "#sdk/case/read.ts";
import { candidatesOf } from "#sdk/testing/reference.ts";
import { loadMutant, type Mutant } from "./mutate.ts";
import { reads } from "./table-cases.ts";
import { history, type Step, World } from "./table-world.ts";

/** `npm run long` raises it. */
const RUNS = Number(process.env.ROUNDSMAN_RUNS ?? 400);
const params = { label: "app", cluster: "test" };
/** Equal for equal JSON, in whatever order fields came. */
const canonical = (rows: Readonly<Record<string, readonly any[]>>) =>
  JSON.stringify(rows, (_, value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

function same(given: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(given), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}:\n${a.slice(0, 2000)}\n${b.slice(0, 2000)}`);
}

/** Plays a history and compares, after every step, what the tables made known with the slow reference. */
function agree(
  TablesClass: typeof Tables,
  given: Record<string, Read>,
  steps: readonly Step[],
  seen?: Set<string>,
): void {
  const manifest = { name: "x/y", reads: given } as never;
  const tables = new TablesClass([{ id: "i", compiled: compileReads(manifest, params) }]);
  const world = new World();
  const believed = new Map<string, string>();
  const isTimed = Object.values(given).some(({ age }) => age !== undefined);
  const kinds = ["v1/Pod", "v1/Node", "v1/Service", "apps/v1/ReplicaSet"];
  const apply = (step: Step, told: boolean): void => {
    switch (step.do) {
      case "put": {
        const { object, replaced } = world.put(step, told);
        if (told && replaced) tables.remove(step.kind, replaced, world.now);
        if (told) tables.upsert(step.kind, object, world.now);
        return;
      }
      case "delete": {
        const last = world.delete(step, told);
        if (told && last) tables.remove(step.kind, last, world.now);
        return;
      }
      case "wait":
        world.now += step.ms;
        return tables.advance(world.now);
      case "relist": {
        for (const missed of step.missed) if ((missed as any).kind === step.kind) apply(missed, false);
        const relist = tables.relist(step.kind, () => world.now);
        for (const object of world.list(step.kind)) relist.add(object);
        return relist.end();
      }
    }
  };
  for (const step of steps) {
    apply(step, true);
    for (const id of tables.takeDirty("i")) {
      const look = tables.look("i", id);
      if (look.candidate) believed.set(JSON.stringify(look.key), canonical(look.rows()));
      else believed.delete(JSON.stringify(look.key));
    }
    const objects = kinds.flatMap((kind) => world.ofKind(kind));
    const at = (now: number) =>
      candidatesOf(given, objects, { now, params, tables: {}, gone: world.gone })
        .candidates.map((c) => [JSON.stringify(c.key), canonical(c.rows)])
        .sort();
    const reference = at(world.now);
    same([...believed].sort(), reference, "the tables and the reference differ");
    // The tables say when they must be woken: before that, time alone changes nothing.
    const edge = tables.nextEdge;
    const before = Math.min(edge ?? Number.POSITIVE_INFINITY, world.now + 30 * 60_000) - 1;
    if (isTimed) same(at(before), reference, "time alone changed something before the tables asked to be woken");
    if (reference.length > 0) seen?.add("candidates");
    if (edge !== undefined) seen?.add("windows");
    if (world.gone.length > 3) seen?.add("deletions");
    if (given.j && reference.length > 0) seen?.add("joined candidates");
  }
}

const run = (TablesClass: typeof Tables, numRuns: number, seed: number, seen?: Set<string>, endOnFailure = false) =>
  fc.check(
    fc.property(reads, history, (given, steps) => agree(TablesClass, given, steps, seen)),
    { numRuns, seed, endOnFailure },
  );

describe("tables against the reference", () => {
  test("agree on random reads and histories", () => {
    const seen = new Set<string>();
    const result = run(Tables, RUNS, 7, seen);
    expect(result.failed ? `${result.errorInstance}\n${fc.defaultReportMessage(result)}` : undefined).toBeUndefined();
    expect([...seen].sort()).toEqual(["candidates", "deletions", "joined candidates", "windows"]);
  });

  const mutants: Mutant[] = [
    {
      name: "a moved object stays under its old key",
      file: "broker/table/kind-table.ts",
      find: "      this.#deactivate(slot, before);\n      slot.keys = keys;",
      replace: "      slot.keys = keys; slot.active = false;",
    },
    {
      name: "a window never opens by time alone",
      file: "broker/table/kind-table.ts",
      find: "    this.#timers.push(next, slot);",
      replace: "",
    },
    {
      name: "a relist does not take away",
      file: "broker/table/kind-table.ts",
      find: "if (entry.source === source && !seen.has(entry.id)) this.#retire(entry.id);",
      replace: "void entry;",
    },
    {
      name: "a window ends with its object",
      file: "broker/table/kind-table.ts",
      find: "    entry.slots = windowed;",
      replace: "    for (const slot of windowed) this.#leave(slot, entry.row); entry.slots = [];",
    },
    {
      name: "a change of what a join follows is missed",
      file: "broker/table/tables.ts",
      find: "[read.pick, followed, selected]",
      replace: "[read.pick, selected]",
    },
    {
      name: "a selector's groups do not hear of relabelled rows",
      file: "broker/table/selector-join.ts",
      find: "      tell(of, old, entry.row);",
      replace: "",
    },
    {
      name: "an update of a picked field is missed",
      file: "broker/table/kind-table.ts",
      find: "if (!read.same(before, slot.entry.row)) this.#touch(slot, before);",
      replace: "",
    },
    {
      name: "two rows where one is wanted pass",
      file: "broker/table/look.ts",
      find: "candidate: tooMany || enough",
      replace: "candidate: enough",
    },
    {
      name: "rows come in watch order",
      file: "broker/table/look.ts",
      find: "state.read.isTable ? rows : rows.sort(byName)",
      replace: "rows",
    },
  ];
  test.each(mutants)("catches: $name", async (mutant) => {
    const { Tables: Mutated } = await loadMutant<typeof tableModule>("broker/table/tables.ts", mutant);
    // A mistake is found well before so many runs; finding it is enough, no smaller example is sought.
    expect(run(Mutated, 4000, 7, undefined, true).failed).toBe(true);
  });
});
