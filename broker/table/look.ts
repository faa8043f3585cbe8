import { type Entry, type Group, type InstanceState, keyOfGroup, type ReadState } from "./entry.ts";
import { countMembers, eachMember } from "./members.ts";
import type { Scopes } from "./scopes.ts";

/** What one look at a key found. */
export interface Look {
  /** The parts of the key. */
  readonly key: readonly string[];
  /** The rows are what the case asked for: a check is due. (Too many rows where one is wanted is a check too: an error.) */
  readonly candidate: boolean;
  /** How many rows there are in all. */
  readonly count: number;
  /** The rows, projected to what each read picks, in the order (kind, namespace, name). */
  rows(): Record<string, unknown[]>;
  /** The rows' scopes, in the same order; see `Check.scopes`. */
  scopes(): ReturnType<Scopes["ofRows"]>;
}

const compare = (a: string | undefined, b: string | undefined) =>
  (a ?? "") < (b ?? "") ? -1 : (a ?? "") > (b ?? "") ? 1 : 0;

function byName({ row: a }: Entry, { row: b }: Entry): number {
  return (
    compare(a.kind, b.kind) ||
    compare(a.metadata?.namespace, b.metadata?.namespace) ||
    compare(a.metadata?.name, b.metadata?.name) ||
    compare(a.metadata?.uid, b.metadata?.uid)
  );
}

/** The rows of one read under a key; joins are followed and from then on watched. */
function rowsOf(state: ReadState, group: Group, found: (Set<Entry> | undefined)[]): Iterable<Entry> {
  const { read, index, instance } = state;
  if (read.grouping === "every") return eachMember(state.every);
  if (read.grouping !== "via") return eachMember(group.rows[index]);
  const known = found[index];
  if (known) return known;
  const into = new Set<Entry>();
  found[index] = into;
  for (const from of rowsOf(instance.reads[read.via!.read]!, group, found)) state.join!.follow(from.row, group, into);
  return into;
}

function countOf(state: ReadState, group: Group, found: readonly (Set<Entry> | undefined)[]): number {
  if (state.read.grouping === "via") return found[state.index]!.size;
  return countMembers(state.read.grouping === "every" ? state.every : group.rows[state.index]);
}

export function forget(group: Group): void {
  for (const undo of group.undo ?? []) undo();
  group.undo = undefined;
}

function count(instance: InstanceState, group: Group, isCandidate: boolean): void {
  instance.candidates += Number(isCandidate) - Number(group.isCandidate);
  group.isCandidate = isCandidate;
}

const nothing: Look["rows"] = () => ({});

/** Looks at a key as it is now. A key without a row of its own is forgotten. */
export function look(instance: InstanceState, id: string, scopes: Scopes): Look {
  const key = keyOfGroup(id);
  const group = instance.groups.get(id);
  if (group) forget(group);
  if (!group || group.rows.every((members) => members === undefined)) {
    if (group) count(instance, group, false);
    instance.groups.delete(id);
    return { key, candidate: false, count: 0, rows: nothing, scopes: () => ({}) };
  }
  const found: (Set<Entry> | undefined)[] = [];
  for (const state of instance.reads) if (state.join) rowsOf(state, group, found);
  const counts = instance.reads.map((state) => countOf(state, group, found));
  const tooMany = instance.reads.some(({ read }, i) => read.single && counts[i]! > 1);
  const enough = instance.reads.every(({ read }, i) => counts[i]! >= read.least && counts[i]! <= read.most);
  const sorted = (state: ReadState) => {
    const rows = [...rowsOf(state, group, found)];
    return state.read.isTable ? rows : rows.sort(byName);
  };
  count(instance, group, tooMany || enough);
  let entries: Entry[][] | undefined;
  const all = () => (entries ??= instance.reads.map(sorted));
  return {
    key,
    candidate: tooMany || enough,
    count: counts.reduce((a, b) => a + b, 0),
    rows: () =>
      Object.fromEntries(
        instance.reads.map(({ read, pick }, i) => [read.name, all()[i]!.map((e) => pick.project(e.row))]),
      ),
    scopes: () => scopes.ofRows(instance.reads.map(({ read }, i) => [read.name, all()[i]!] as const)),
  };
}
