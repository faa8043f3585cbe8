import type { CompiledReads } from "#sdk/case/compile.ts";
import { readPath } from "#sdk/case/path.ts";
import { compilePick } from "#sdk/case/pick.ts";
import type { Group, InstanceState, ReadState } from "./entry.ts";
import { Heap } from "./heap.ts";
import { createJoin } from "./join.ts";
import { KindTable, type TimerQueue } from "./kind-table.ts";
import { type Look, look } from "./look.ts";
import { Scopes } from "./scopes.ts";

/** Kinds that `*` leaves out: secrets never leave the cluster, events and leases are heartbeats. */
const NOT_IN_ALL = new Set([
  "v1/Secret",
  "v1/Event",
  "events.k8s.io/v1/Event",
  "coordination.k8s.io/v1/Lease",
  "roundsman/Cluster",
  "roundsman/Canary",
]);
export const isInAll = (kind: string): boolean => !NOT_IN_ALL.has(kind) && !kind.startsWith("table/");

const LABELS = readPath("metadata.labels", {}, "labels");

export interface TableInstance {
  /** Of the instance. */
  readonly id: string;
  readonly compiled: CompiledReads;
}

/** The objects of one relist: what is not named in it is gone when it ends. */
export interface Relist {
  add(object: any): void;
  end(): void;
}

/**
 * The tables of one cluster: projected objects, grouped by the keys of every instance's reads, in watch order.
 * An instance that does not read a kind costs nothing when one of its objects changes. Nothing here is async and
 * nothing knows a clock: `now` (unix ms) is given.
 */
export class Tables {
  readonly #instances = new Map<string, InstanceState>();
  readonly #kinds = new Map<string, KindTable>();
  /** Reads of `*`. */
  readonly #all: ReadState[] = [];
  readonly #seen = new Set<string>();
  readonly #inAll: (kind: string) => boolean;
  readonly #timers: TimerQueue = new Heap();
  readonly scopes = new Scopes();

  /** @param inAll which kinds `*` reads; of a resource with several versions, one */
  constructor(instances: readonly TableInstance[], inAll: (kind: string) => boolean = isInAll) {
    this.#inAll = inAll;
    for (const given of instances) {
      const { reads, keyIsList } = given.compiled;
      const instance: InstanceState = {
        id: given.id,
        reads: [],
        keyIsList,
        groups: new Map(),
        dirty: new Set(),
        candidates: 0,
      };
      const dirty = (group: Group) => instance.dirty.add(group.id);
      this.#instances.set(given.id, instance);
      reads.forEach((read, index) => {
        const pick = compilePick([read.pick], read.isTable);
        const join = read.grouping === "via" ? createJoin(read, dirty) : undefined;
        // What other reads follow from these rows is kept with them, though the case does not see it.
        const followed = reads.filter((other) => other.via?.read === index).flatMap((other) => other.via!.paths);
        const selected = read.via?.as === "selector" ? [LABELS] : [];
        const kept = [read.pick, followed, selected];
        const { same } = compilePick(kept, read.isTable);
        const state: ReadState = { instance, index, read, pick, kept, same, every: undefined, ...(join && { join }) };
        instance.reads.push(state);
        for (const kind of read.kinds) {
          if (kind === "*") this.#all.push(state);
          else this.#table(kind).reads.push(state);
        }
      });
    }
  }

  #table(kind: string): KindTable {
    let table = this.#kinds.get(kind);
    if (!table) {
      table = new KindTable(kind, this.#timers, this.scopes);
      this.#kinds.set(kind, table);
    }
    return table;
  }

  /** The table of a kind that has an object. Only now is it asked whether `*` reads it: by then it is known what is served. */
  #met(kind: string): KindTable {
    const table = this.#table(kind);
    if (!this.#seen.has(kind)) {
      this.#seen.add(kind);
      if (this.#inAll(kind)) table.reads.push(...this.#all);
    }
    return table;
  }

  /** An object as it is now. `source` names the list and watch that brought it, where a kind has several. */
  upsert(kind: string, object: any, now: number, source = ""): void {
    this.#met(kind).upsert(object, now, source);
  }

  /** The object is gone. Rows with a window (`age.under`) live on until it ends. */
  remove(kind: string, object: any, now: number): void {
    this.#met(kind).remove(object, now);
  }

  /** A fresh list of a kind, or of the part of it that `source` brings. */
  relist(kind: string, now: () => number, source = ""): Relist {
    return this.#met(kind).relist(now, source);
  }

  /** Time alone changes rows: brings everything up to `now`. */
  advance(now: number): void {
    for (let slot = this.#timers.popDue(now); slot !== undefined; slot = this.#timers.popDue(now)) {
      if (slot.timing && !slot.timing.dead) this.#kinds.get(slot.timing.table)!.wake(slot, now);
    }
  }

  /** Unix ms when `advance` will next change something at the earliest. */
  get nextEdge(): number | undefined {
    return this.#timers.first;
  }

  /** Ids of keys whose rows changed since they were last taken. */
  takeDirty(instance: string): string[] {
    const state = this.#instances.get(instance)!;
    if (state.dirty.size === 0) return [];
    const ids = [...state.dirty];
    state.dirty.clear();
    for (const read of state.reads) {
      const expect = read.join?.expect;
      if (!expect) continue;
      for (const id of ids) {
        const members = state.groups.get(id)?.rows[read.read.via!.read];
        for (const entry of members instanceof Set ? members : members ? [members] : []) expect(entry.row);
      }
    }
    return ids;
  }

  hasDirty(instance: string): boolean {
    return this.#instances.get(instance)!.dirty.size > 0;
  }

  /** Looks at one key as it is now. */
  look(instance: string, id: string): Look {
    return look(this.#instances.get(instance)!, id, this.scopes);
  }

  /** How many keys of an instance are candidates. */
  candidates(instance: string): number {
    return this.#instances.get(instance)!.candidates;
  }

  keyIsList(instance: string): boolean {
    return this.#instances.get(instance)!.keyIsList;
  }

  /** Makes every key of an instance dirty: its params, its version or its reads changed. */
  touch(instance: string): void {
    const state = this.#instances.get(instance)!;
    for (const id of state.groups.keys()) state.dirty.add(id);
  }

  /** How many objects are kept of each kind. */
  sizes(): Record<string, number> {
    return Object.fromEntries([...this.#kinds].map(([kind, table]) => [kind, table.size]));
  }
}
