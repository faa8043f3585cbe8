import { selfKey } from "#sdk/case/identity.ts";
import { compilePick, type Pick } from "#sdk/case/pick.ts";
import { type Entry, groupId, groupOf, type ReadState, type Slot } from "./entry.ts";
import type { Heap } from "./heap.ts";
import { withMember, withoutMember } from "./members.ts";
import type { Scopes } from "./scopes.ts";
import { share } from "./share.ts";
import type { Relist } from "./tables.ts";

export type TimerQueue = Heap<Slot>;

const NONE: readonly string[] = [];
const FOREVER = Number.POSITIVE_INFINITY;

const idOf = ({ metadata }: any): string => metadata.uid ?? `${metadata.namespace ?? ""}/${metadata.name}`;

/** What a read makes of an object: undefined = no row. */
interface Match {
  readonly read: ReadState;
  /** Of the read among the kind's reads. */
  readonly position: number;
  readonly keys: readonly string[];
  readonly since: number;
}

/** The objects of one kind, and their places in every read of it. */
export class KindTable {
  readonly kind: string;
  readonly reads: ReadState[] = [];
  readonly #entries = new Map<string, Entry>();
  /** Deleted objects that a window still shows. */
  readonly #gone = new Map<string, Entry>();
  /** The union of picks, per set of reads that an object is a row of. */
  readonly #unions = new Map<string, Pick>();
  readonly #lastKeys: (readonly string[])[] = [];
  #last: any;
  readonly #timers: TimerQueue;
  readonly #scopes: Scopes;

  constructor(kind: string, timers: TimerQueue, scopes: Scopes) {
    this.kind = kind;
    this.#timers = timers;
    this.#scopes = scopes;
  }

  get size(): number {
    return this.#entries.size;
  }

  #keysOf({ read, join }: ReadState, object: any): readonly string[] {
    if (read.grouping === "self") return [read.isTable ? idOf(object) : selfKey(object)];
    if (read.grouping === "keys") return read.keys!(object).map(groupId);
    return join ? join.idsOf(object) : NONE;
  }

  #match(position: number, object: any, now: number): Match | undefined {
    const state = this.reads[position]!;
    const { read } = state;
    if (read.test && !read.test(object)) return undefined;
    let since = 0;
    if (read.age) {
      since = latest(read.age.of, object);
      if (Number.isNaN(since) || now >= since + read.age.under) return undefined;
    }
    const keys = this.#sameKeys(position, this.#keysOf(state, object));
    if (keys.length === 0 && (read.grouping === "keys" || read.grouping === "self")) return undefined;
    return { read: state, position, keys, since };
  }

  /** The keys of the object before, where they are equal: then they are held once. */
  #sameKeys(position: number, keys: readonly string[]): readonly string[] {
    const last = this.#lastKeys[position];
    if (last && last.length === keys.length && keys.every((key, i) => key === last[i])) return last;
    this.#lastKeys[position] = keys;
    return keys;
  }

  #union(matches: readonly Match[]): Pick {
    let id = "";
    for (const match of matches) id += `${match.position},`;
    let union = this.#unions.get(id);
    if (!union) {
      union = compilePick(
        matches.flatMap(({ read }) => read.kept),
        this.kind.startsWith("table/"),
      );
      this.#unions.set(id, union);
    }
    return union;
  }

  upsert(object: any, now: number, source: string): void {
    this.#scopes.learn(this.kind, object);
    const id = idOf(object);
    const version: string | undefined = object.metadata.resourceVersion;
    const old = this.#entries.get(id);
    if (old && version !== undefined && old.version === version) return;
    const revived = this.#gone.get(id);
    if (revived) this.#drop(revived);
    this.#gone.delete(id);
    const matches: Match[] = [];
    for (let i = 0; i < this.reads.length; i++) {
      const match = this.#match(i, object, now);
      if (match) matches.push(match);
    }
    if (matches.length === 0) {
      if (old) this.#drop(old);
      this.#entries.delete(id);
      return;
    }
    // Objects of one workload come one after the other, and have most of what is kept in common.
    const row = share(this.#union(matches).project(object), old ? old.row : this.#last);
    this.#last = row;
    const node = this.kind === "v1/Pod" ? object.spec?.nodeName : undefined;
    if (old) this.#change(old, version, row, node, matches, now);
    else {
      const entry: Entry = { id, source, version, row, slots: [], node };
      this.#entries.set(id, entry);
      for (const match of matches) entry.slots.push(this.#enter(entry, match, now));
    }
  }

  #change(
    entry: Entry,
    version: string | undefined,
    row: any,
    node: string | undefined,
    matches: readonly Match[],
    now: number,
  ): void {
    const before = entry.row;
    const slots = entry.slots;
    // A slot that goes is told with the row as it was.
    for (const slot of slots) if (!matches.some((m) => m.read === slot.read)) this.#leave(slot, before);
    entry.version = version;
    entry.row = row;
    entry.node = node;
    entry.slots = matches.map((match) => {
      const slot = slots.find((s) => s.read === match.read);
      return slot ? this.#move(slot, match, before, now) : this.#enter(entry, match, now);
    });
  }

  #enter(entry: Entry, { read, keys, since }: Match, now: number): Slot {
    const timing = read.read.age && { since, wakes: FOREVER, dead: false, table: this.kind };
    const slot: Slot = { read, entry, keys, active: false, timing };
    this.wake(slot, now);
    return slot;
  }

  #move(slot: Slot, { keys, since }: Match, before: any, now: number): Slot {
    const { read } = slot;
    const keptKeys = keys.length === slot.keys.length && keys.every((key, i) => key === slot.keys[i]);
    if (slot.timing) slot.timing.since = since;
    if (!slot.active) {
      slot.keys = keys;
      this.wake(slot, now);
    } else if (keptKeys) {
      if (!read.same(before, slot.entry.row)) this.#touch(slot, before);
      this.wake(slot, now);
    } else {
      this.#deactivate(slot, before);
      slot.keys = keys;
      this.wake(slot, now);
    }
    return slot;
  }

  /** Brings a slot in or out as its age says, and sets the timer for what comes next. */
  wake(slot: Slot, now: number): void {
    const { age } = slot.read.read;
    const { timing } = slot;
    if (!age || !timing) return slot.active ? undefined : this.#activate(slot);
    const from = timing.since + age.over;
    const to = timing.since + age.under;
    if (timing.wakes <= now) timing.wakes = FOREVER;
    if (now >= to) return this.#expire(slot);
    if (now >= from && !slot.active) this.#activate(slot);
    else if (now < from && slot.active) this.#deactivate(slot, slot.entry.row);
    const next = now < from ? from : to;
    if (next >= timing.wakes || next === FOREVER) return;
    timing.wakes = next;
    this.#timers.push(next, slot);
  }

  #expire(slot: Slot): void {
    const { entry } = slot;
    this.#leave(slot, entry.row);
    entry.slots = entry.slots.filter((other) => other !== slot);
    if (entry.slots.length > 0) return;
    if (this.#gone.get(entry.id) === entry) this.#gone.delete(entry.id);
    else this.#entries.delete(entry.id);
  }

  #activate(slot: Slot): void {
    slot.active = true;
    const { read, entry, keys } = slot;
    if (read.join) return read.join.enter(entry, keys);
    if (read.read.grouping === "every") {
      read.every = withMember(read.every, entry);
      return this.#dirtyAll(read);
    }
    for (const key of keys) {
      const group = groupOf(read.instance, key);
      group.rows[read.index] = withMember(group.rows[read.index], entry);
      read.instance.dirty.add(key);
    }
  }

  #deactivate(slot: Slot, row: any): void {
    slot.active = false;
    const { read, entry, keys } = slot;
    if (read.join) return read.join.leave(entry, keys, row);
    if (read.read.grouping === "every") {
      read.every = withoutMember(read.every, entry);
      return this.#dirtyAll(read);
    }
    for (const key of keys) {
      const group = groupOf(read.instance, key);
      group.rows[read.index] = withoutMember(group.rows[read.index], entry);
      read.instance.dirty.add(key);
    }
  }

  #touch({ read, entry, keys }: Slot, before: any): void {
    if (read.join) return read.join.touch(entry, keys, before);
    if (read.read.grouping === "every") return this.#dirtyAll(read);
    for (const key of keys) read.instance.dirty.add(key);
  }

  #dirtyAll({ instance }: ReadState): void {
    for (const id of instance.groups.keys()) instance.dirty.add(id);
  }

  #leave(slot: Slot, row: any): void {
    if (slot.timing) slot.timing.dead = true;
    if (slot.active) this.#deactivate(slot, row);
  }

  #drop(entry: Entry): void {
    for (const slot of entry.slots) this.#leave(slot, entry.row);
    entry.slots = [];
  }

  remove(object: any, now: number): void {
    const id = idOf(object);
    // The last word of a deleted object counts: a deletion's event carries its final state.
    if (this.#entries.has(id) && object.metadata.resourceVersion !== undefined)
      this.upsert(object, now, this.#entries.get(id)!.source);
    this.#retire(id);
    this.#scopes.forget(this.kind, object);
  }

  /** Windows outlive their object: those slots stay until they end. */
  #retire(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    const windowed = entry.slots.filter(({ read }) => read.read.age !== undefined && read.read.age.under !== FOREVER);
    for (const slot of entry.slots) if (!windowed.includes(slot)) this.#leave(slot, entry.row);
    entry.slots = windowed;
    if (windowed.length > 0) this.#gone.set(id, entry);
  }

  relist(now: () => number, source: string): Relist {
    const seen = new Set<string>();
    return {
      add: (object) => {
        seen.add(idOf(object));
        this.upsert(object, now(), source);
      },
      end: () => {
        for (const entry of [...this.#entries.values()])
          if (entry.source === source && !seen.has(entry.id)) this.#retire(entry.id);
        this.#scopes.retain(this.kind, seen);
      },
    };
  }
}

/** The latest of the times at a path, unix ms; NaN where there is none. */
function latest(of: (from: unknown, found: (value: unknown) => boolean) => boolean, object: unknown): number {
  let time = Number.NaN;
  of(object, (value) => {
    const one = Date.parse(String(value));
    if (!Number.isNaN(one) && !(one <= time)) time = one;
    return false;
  });
  return time;
}
