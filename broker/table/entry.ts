import type { CompiledRead } from "#sdk/case/compile.ts";
import type { Pick } from "#sdk/case/pick.ts";
import type { Join } from "./join.ts";
import type { Members } from "./members.ts";

/** One object as the tables keep it: the union of what its reads pick. */
export interface Entry {
  readonly id: string;
  /** Which list and watch brought it. */
  readonly source: string;
  /** Opaque: equal or not. */
  version: string | undefined;
  /** The projected object. */
  row: any;
  /** Its place in each read that it is a row of. */
  slots: Slot[];
  /** The node it runs on, for scopes. */
  node: string | undefined;
}

/** An object's place in one read. There are several per object: only what every one needs is in it. */
export interface Slot {
  readonly read: ReadState;
  readonly entry: Entry;
  /** Group ids (for a join: the ids it can be looked up by). */
  keys: readonly string[];
  /** False while `age` keeps the row out. */
  active: boolean;
  /** Where the read has an `age`. */
  readonly timing: Timing | undefined;
}

export interface Timing {
  /** Unix ms that `age` counts from. */
  since: number;
  /** When the timer will look at it next; infinity = never. */
  wakes: number;
  /** Taken out: a timer that still points here is void. */
  dead: boolean;
  /** The kind whose table it stands in. */
  readonly table: string;
}

/** One read of one instance. */
export interface ReadState {
  readonly instance: InstanceState;
  readonly index: number;
  readonly read: CompiledRead;
  /** What the case sees of a row. */
  readonly pick: Pick;
  /** What is kept of it: that, and what other reads follow from it. */
  readonly kept: readonly CompiledRead["pick"][];
  /** Whether two rows agree on what is kept. */
  readonly same: Pick["same"];
  /** Rows that join every group. */
  every: Members<Entry>;
  /** Where the read is joined by what others point at. */
  readonly join?: Join;
}

/** All that is known of one key of one instance. */
export interface Group {
  readonly id: string;
  readonly rows: Members<Entry>[];
  /** How to be forgotten by the joins that this group looked into. */
  undo: (() => void)[] | undefined;
  /** When it was last looked at. */
  isCandidate: boolean;
}

export interface InstanceState {
  readonly id: string;
  readonly reads: ReadState[];
  readonly keyIsList: boolean;
  readonly groups: Map<string, Group>;
  /** Ids of groups whose rows changed since they were last looked at. */
  readonly dirty: Set<string>;
  /** How many groups were candidates when last looked at. */
  candidates: number;
}

const SEPARATOR = "\u0000";
export const groupId = (key: readonly string[]): string => (key.length === 1 ? key[0]! : key.join(SEPARATOR));
export const keyOfGroup = (id: string): readonly string[] => (id === "" ? [] : id.split(SEPARATOR));

export function groupOf(instance: InstanceState, id: string): Group {
  let group = instance.groups.get(id);
  if (group === undefined) {
    group = { id, rows: new Array(instance.reads.length).fill(undefined), undo: undefined, isCandidate: false };
    instance.groups.set(id, group);
  }
  return group;
}
