import type { Walk } from "#sdk/case/path.ts";
import type { Entry, Group } from "./entry.ts";
import type { Dirty, Join } from "./join.ts";
import { pairsOf, readSelector, type Selector } from "./selector.ts";

interface Pointer {
  readonly group: Group;
  readonly selector: Selector;
}

/** What one namespace holds: rows that can be selected, and the selectors that look at them. */
interface Namespace {
  readonly rows: Set<Entry>;
  /** Rows by label pair, only for the pairs that some selector is looked up by. */
  readonly byPair: Map<string, Set<Entry>>;
  /** Pairs that will be wanted, to be indexed in one pass. */
  readonly wanted: Set<string>;
  /** Selectors by the pair they are looked up by; "" = by expressions alone. */
  readonly pointers: Map<string, Set<Pointer>>;
}

const namespaceOf = (object: any): string => object.metadata?.namespace ?? "";

/** Rows selected by labels, within the namespace of the row that points. */
export function selectorJoin(at: Walk, dirty: Dirty): Join {
  const namespaces = new Map<string, Namespace>();
  const space = (object: any): Namespace => {
    const name = namespaceOf(object);
    let found = namespaces.get(name);
    if (!found) {
      found = { rows: new Set(), byPair: new Map(), wanted: new Set(), pointers: new Map() };
      namespaces.set(name, found);
    }
    return found;
  };
  const selectorOf = (from: any): Selector | undefined => {
    let selector: Selector | undefined;
    at(from, (value) => {
      selector = readSelector(value);
      return true;
    });
    return selector;
  };
  /** Tells the groups whose selector takes the row, as it was or as it is. */
  const tell = ({ pointers }: Namespace, ...versions: any[]) => {
    if (pointers.size === 0) return;
    const pairs = new Set(versions.flatMap((row) => pairsOf(row.metadata?.labels)).concat(""));
    for (const pair of pairs)
      for (const { group, selector } of pointers.get(pair) ?? [])
        if (versions.some((row) => selector.matches(row.metadata?.labels))) dirty(group);
  };
  const index = (of: Namespace, entry: Entry) => {
    for (const pair of pairsOf(entry.row.metadata?.labels)) of.byPair.get(pair)?.add(entry);
  };
  const unindex = (of: Namespace, entry: Entry, row: any) => {
    for (const pair of pairsOf(row.metadata?.labels)) of.byPair.get(pair)?.delete(entry);
  };
  const indexWanted = (of: Namespace) => {
    for (const pair of of.byPair.keys()) if (!of.pointers.has(pair)) of.byPair.delete(pair);
    for (const pair of of.wanted) of.byPair.set(pair, new Set());
    for (const entry of of.rows)
      for (const pair of pairsOf(entry.row.metadata?.labels)) if (of.wanted.has(pair)) of.byPair.get(pair)!.add(entry);
    of.wanted.clear();
  };
  return {
    idsOf: () => [],
    enter(entry) {
      const of = space(entry.row);
      of.rows.add(entry);
      index(of, entry);
      tell(of, entry.row);
    },
    leave(entry, _, row) {
      const of = space(row);
      of.rows.delete(entry);
      unindex(of, entry, row);
      tell(of, row);
    },
    touch(entry, _, old) {
      const of = space(entry.row);
      unindex(of, entry, old);
      index(of, entry);
      tell(of, old, entry.row);
    },
    expect(from) {
      const anchor = selectorOf(from)?.anchor;
      const of = space(from);
      if (anchor !== undefined && !of.byPair.has(anchor)) of.wanted.add(anchor);
    },
    follow(from, group, into) {
      const selector = selectorOf(from);
      if (selector === undefined) return;
      const of = space(from);
      const place = selector.anchor ?? "";
      const pointers = of.pointers.get(place) ?? new Set();
      of.pointers.set(place, pointers);
      const pointer = { group, selector };
      pointers.add(pointer);
      (group.undo ??= []).push(() => {
        pointers.delete(pointer);
        if (pointers.size === 0) of.pointers.delete(place);
      });
      if (selector.anchor !== undefined && !of.byPair.has(selector.anchor)) {
        of.wanted.add(selector.anchor);
        indexWanted(of);
      }
      const rows = selector.anchor === undefined ? of.rows : of.byPair.get(selector.anchor)!;
      for (const entry of rows) if (selector.matches(entry.row.metadata?.labels)) into.add(entry);
    },
  };
}
