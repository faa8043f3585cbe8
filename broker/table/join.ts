import type { CompiledRead } from "#sdk/case/compile.ts";
import { type Entry, type Group, groupId } from "./entry.ts";
import { eachMember, type Members, put, take } from "./members.ts";
import { selectorJoin } from "./selector-join.ts";

/** How the rows of a read are found by what other rows point at, and how the groups that looked hear of a change. */
export interface Join {
  /** Ids that a row can be looked up by. */
  idsOf(object: any): readonly string[];
  /** A row came, went or changed: `old` is what it was. */
  enter(entry: Entry, ids: readonly string[]): void;
  leave(entry: Entry, ids: readonly string[], row: any): void;
  touch(entry: Entry, ids: readonly string[], old: any): void;
  /** Adds to `into` what the row points at. What is looked up is watched for the group until `undo` runs. */
  follow(from: any, group: Group, into: Set<Entry>): void;
  /** Names rows whose targets will be looked up soon, so that one pass over the targets serves all. */
  expect?(from: any): void;
}

/** What tells a group that it must be looked at again. */
export type Dirty = (group: Group) => void;

const nameOf = (object: any): string =>
  object.metadata?.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : String(object.metadata?.name);

function lookUp(
  targetIds: (object: any) => readonly string[],
  pointed: (from: any) => readonly string[],
  dirty: Dirty,
): Join {
  const targets = new Map<string, Members<Entry>>();
  const pointers = new Map<string, Members<Group>>();
  const tell = (ids: readonly string[]) => {
    for (const id of ids) for (const group of eachMember(pointers.get(id))) dirty(group);
  };
  return {
    idsOf: targetIds,
    enter(entry, ids) {
      for (const id of ids) put(targets, id, entry);
      tell(ids);
    },
    leave(entry, ids) {
      for (const id of ids) take(targets, id, entry);
      tell(ids);
    },
    touch: (_entry, ids) => tell(ids),
    follow(from, group, into) {
      for (const id of pointed(from)) {
        put(pointers, id, group);
        (group.undo ??= []).push(() => take(pointers, id, group));
        for (const entry of eachMember(targets.get(id))) into.add(entry);
      }
    },
  };
}

/** The join of a read that has `via`. */
export function createJoin(read: CompiledRead, dirty: Dirty): Join {
  const { as, at } = read.via!;
  switch (as) {
    case "selector":
      return selectorJoin(read.via!.selector, dirty);
    case "uid":
      return lookUp(
        (o) => (o.metadata?.uid ? [o.metadata.uid] : []),
        (from) => at(from).map((key) => key[0]!),
        dirty,
      );
    case "key":
      return lookUp(
        (o) => read.keys!(o).map(groupId),
        (from) => at(from).map(groupId),
        dirty,
      );
    default:
      // One part: an object of the pointing row's namespace, or one that has none. More: namespace and name.
      return lookUp(
        (o) => [nameOf(o)],
        (from) =>
          at(from).flatMap((key) => {
            const namespace = from.metadata?.namespace;
            return key.length === 1 && namespace ? [`${namespace}/${key[0]}`, key[0]!] : [key.join("/")];
          }),
        dirty,
      );
  }
}
