import { dirname } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";

/** A whole number from 0 to `below - 1`. */
export type Choose = (below: number) => number;

type Pending = { readonly at: number; readonly bytes: Buffer } | { readonly length: number };

const apply = (data: Buffer, change: Pending): Buffer => {
  if ("length" in change) {
    const cut = Buffer.alloc(change.length);
    data.copy(cut);
    return cut;
  }
  const grown = Buffer.alloc(Math.max(data.length, change.at + change.bytes.length));
  data.copy(grown);
  change.bytes.copy(grown, change.at);
  return grown;
};

class Inode {
  static #count = 0;
  readonly id = String(Inode.#count++);
  data: Buffer = Buffer.alloc(0);
  /** What is certain to be there after a power failure. */
  durable: Buffer = Buffer.alloc(0);
  /** What came after it. */
  pending: Pending[] = [];

  change(change: Pending): void {
    this.data = apply(this.data, change);
    this.pending.push(change);
  }

  sync(): void {
    for (const change of this.pending) this.durable = apply(this.durable, change);
    this.pending = [];
  }

  /** A sync has failed: readers see the changes still, but the kernel takes them for written and will not try again. */
  forget(): void {
    this.pending = [];
  }

  /** What a power failure leaves: each change whole, cut at any byte, or with a hole in it where pages never came. */
  afterCrash(choose: Choose): Inode {
    const left = new Inode();
    let data = this.durable;
    const inOrder = choose(2) === 0;
    for (const change of this.pending) {
      if ("length" in change) {
        if (choose(2) === 0) data = apply(data, change);
      } else if (inOrder) {
        const kept = choose(change.bytes.length + 1);
        data = apply(data, { at: change.at, bytes: change.bytes.subarray(0, kept) });
        if (kept < change.bytes.length) break;
      } else {
        const hole = choose(change.bytes.length);
        const end = hole + choose(change.bytes.length - hole + 1);
        data = apply(data, { at: change.at, bytes: change.bytes.subarray(0, hole) });
        data = apply(data, { at: change.at + end, bytes: change.bytes.subarray(end) });
      }
    }
    left.data = data;
    left.durable = data;
    return left;
  }
}

export type Operation = "open" | "write" | "sync" | "truncate" | "rename" | "remove" | "syncDirectory" | "read";

const errnoError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });

/** What an operation comes to on a disk without power. */
const never = <T>(): Promise<T> => new Promise(() => undefined);

/**
 * A disk in memory, for tests: it can be told to fail, to lie, and to lose power, and then shows what would be left.
 * Directories need not be made.
 */
export class FaultyDisk implements Disk {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  /** Names changed since their directory was synced, in order. */
  #pendingNames: { readonly path: string; readonly inode: Inode | undefined }[] = [];
  #dead = false;
  #operationsLeft = Number.POSITIVE_INFINITY;
  #onDeath: () => void = () => undefined;
  /** Asked before everything that changes something; an error that it returns is thrown. A write has then been done in part. */
  fault: (operation: Operation, path: string) => string | undefined = () => undefined;
  /** Says a sync was done, and does nothing. */
  lying = false;

  /** After so many more changes the power fails: the one that comes next never ends, nor does any after it. */
  failPowerAfter(operations: number): Promise<void> {
    this.#operationsLeft = operations;
    return new Promise((resolve) => {
      this.#onDeath = resolve;
    });
  }

  /** What is there when the power is back. */
  afterCrash(choose: Choose): FaultyDisk {
    const left = new FaultyDisk();
    const images = new Map<Inode, Inode>();
    const image = (inode: Inode): Inode => {
      let found = images.get(inode);
      if (found === undefined) {
        found = inode.afterCrash(choose);
        images.set(inode, found);
      }
      return found;
    };
    const names = new Map(this.#durableNames);
    for (const { path, inode } of this.#pendingNames.slice(0, choose(this.#pendingNames.length + 1))) {
      if (inode === undefined) names.delete(path);
      else names.set(path, inode);
    }
    for (const [path, inode] of names) left.#names.set(path, image(inode));
    left.#durableNames = new Map(left.#names);
    return left;
  }

  /** What is there when the process was killed and the machine runs on: all of it, synced or not. The old one is dead. */
  afterKill(): FaultyDisk {
    const left = new FaultyDisk();
    left.#names = this.#names;
    left.#durableNames = this.#durableNames;
    left.#pendingNames = this.#pendingNames;
    this.#names = new Map();
    this.#dead = true;
    return left;
  }

  /** A copy of what a reader sees now. */
  copy(): FaultyDisk {
    const copy = new FaultyDisk();
    for (const [path, { data }] of this.#names) copy.put(path, data);
    return copy;
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  bytes(path: string): Buffer {
    return Buffer.from(this.#inode(path).data);
  }

  put(path: string, data: Uint8Array): void {
    const inode = new Inode();
    inode.data = Buffer.from(data);
    inode.durable = inode.data;
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  async makeDirectory(): Promise<void> {
    await this.#step("open", "");
  }

  async list(path: string): Promise<string[]> {
    return this.paths()
      .filter((name) => dirname(name) === path)
      .map((name) => name.slice(path.length + 1));
  }

  async open(path: string, mode: "read" | "update" | "create"): Promise<DiskFile> {
    if (mode === "create") {
      await this.#step("open", path);
      this.#name(path, new Inode());
    } else if (this.#dead) {
      return never();
    }
    return this.#file(this.#inode(path), path);
  }

  async createExclusive(path: string, bytes: Uint8Array): Promise<boolean> {
    await this.#step("open", path);
    if (this.#names.has(path)) return false;
    this.put(path, bytes);
    return true;
  }

  async readWhole(path: string): Promise<Buffer | undefined> {
    return this.#names.has(path) ? this.bytes(path) : undefined;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step("rename", to);
    const inode = this.#inode(from);
    this.#name(to, inode);
    this.#name(from, undefined);
  }

  async remove(path: string): Promise<void> {
    await this.#step("remove", path);
    if (this.#names.has(path)) this.#name(path, undefined);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#step("syncDirectory", path);
    if (this.lying) return;
    this.#durableNames = new Map(this.#names);
    this.#pendingNames = [];
  }

  identity(path: string): string | undefined {
    return this.#names.get(path)?.id;
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw errnoError("ENOENT", path);
    return inode;
  }

  #name(path: string, inode: Inode | undefined): void {
    if (inode === undefined) this.#names.delete(path);
    else this.#names.set(path, inode);
    this.#pendingNames.push({ path, inode });
  }

  /** Resolves when the operation may be done; rejects when it is to fail; neither when there is no power. */
  async #step(operation: Operation, path: string): Promise<void> {
    if (!this.#dead && this.#operationsLeft-- <= 0) {
      this.#dead = true;
      this.#onDeath();
    }
    if (this.#dead) return never();
    const errno = this.fault(operation, path);
    if (errno !== undefined) throw errnoError(errno, path);
  }

  #file(inode: Inode, path: string): DiskFile {
    return {
      read: async (into, at, length, position) => {
        await Promise.resolve();
        if (this.#dead) return never();
        const errno = this.fault("read", path);
        if (errno !== undefined) throw errnoError(errno, path);
        const end = Math.min(inode.data.length, position + length);
        return end > position ? inode.data.copy(into, at, position, end) : 0;
      },
      write: async (bytes, at) => {
        const copy = Buffer.from(bytes);
        try {
          // A write that never ends has begun all the same: what of it is left the crash decides.
          if (this.#operationsLeft === 0) inode.change({ at, bytes: copy });
          await this.#step("write", path);
        } catch (error) {
          inode.change({ at, bytes: copy.subarray(0, copy.length >> 1) });
          throw error;
        }
        inode.change({ at, bytes: copy });
      },
      sync: async () => {
        try {
          await this.#step("sync", path);
        } catch (error) {
          inode.forget();
          throw error;
        }
        if (!this.lying) inode.sync();
      },
      truncate: async (length) => {
        await this.#step("truncate", path);
        inode.change({ length });
      },
      size: async () => inode.data.length,
      close: async () => undefined,
    };
  }
}
