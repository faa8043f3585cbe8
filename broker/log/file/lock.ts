import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Disk } from "./disk.ts";
import type { Processes, ProcessIdentity } from "./process-identity.ts";
import { UNFINISHED } from "./replace-file.ts";
import type { Warn } from "./warning.ts";

/** One writer per directory: a file that says which process it is. */
export interface Lock {
  /**
   * It was taken from a process that cannot be seen from here: it may still run, in another container or on another
   * machine, and must not meet this one in the same file.
   */
  readonly contested: boolean;
  /** Whether the lock is still ours. */
  held(): boolean;
  release(): Promise<void>;
}

export const LOCK_NAME = "lock";

/** A lock is written in one go; one that cannot be read belongs to a process that is just writing it, or was cut off. */
const UNREADABLE_TRIES = 5;
const UNREADABLE_PAUSE = 20;

const parse = (bytes: Buffer): ProcessIdentity | undefined => {
  try {
    const holder = parseJson(bytes) as Partial<ProcessIdentity> | null;
    return typeof holder?.pid === "number" && typeof holder.started === "string"
      ? (holder as ProcessIdentity)
      : undefined;
  } catch {
    // Not JSON: a file that was cut. The caller treats it like one that says nothing.
    return undefined;
  }
};

const readHolder = async (disk: Disk, path: string): Promise<ProcessIdentity | "unreadable" | "gone"> => {
  for (let tries = 0; ; tries++) {
    const bytes = await disk.readWhole(path);
    if (bytes === undefined) return "gone";
    const holder = parse(bytes);
    if (holder !== undefined) return holder;
    if (tries === UNREADABLE_TRIES) return "unreadable";
    await pause(UNREADABLE_PAUSE);
  }
};

const heldLock = (disk: Disk, path: string, mine: string | undefined, contested: boolean): Lock => {
  const held = () => mine !== undefined && disk.identity(path) === mine;
  return {
    contested,
    held,
    async release() {
      if (held()) await disk.remove(path);
    },
  };
};

/** Puts our lock in the place of another, and says which file it is: known before, for another may come right after. */
const replaceLock = async (disk: Disk, path: string, bytes: Uint8Array, aside: string): Promise<string | undefined> => {
  const file = await disk.open(aside, "create");
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  const mine = disk.identity(aside);
  await disk.rename(aside, path);
  return mine;
};

/**
 * Takes the directory for this process. A lock that a process left behind is taken over. Throws `log-locked` when its
 * holder runs. Two that take over at the same moment both succeed here; one of them then finds `held` false.
 */
export const takeLock = async (disk: Disk, dir: string, processes: Processes, warn: Warn): Promise<Lock> => {
  const path = join(dir, LOCK_NAME);
  const self = await processes.own();
  const bytes = Buffer.from(`${JSON.stringify(self)}\n`);
  for (;;) {
    if (await disk.createExclusive(path, bytes)) return heldLock(disk, path, disk.identity(path), false);
    const holder = await readHolder(disk, path);
    if (holder === "gone") continue;
    const judgement = holder === "unreadable" ? "unseen" : await processes.judge(holder);
    const who = holder === "unreadable" ? "an unknown process" : `process ${holder.pid}`;
    if (judgement === "alive") throw fault("log-locked", { dir, pid: holder === "unreadable" ? "?" : holder.pid });
    const mine = await replaceLock(disk, path, bytes, `${path}.${self.pid}-${self.started}${UNFINISHED}`);
    warn({
      kind: "stale-lock",
      file: path,
      position: 0,
      bytes: 0,
      message: `${path}: ${who} left this lock behind${
        judgement === "unseen" ? " (as far as can be seen from here)" : ""
      }; it was taken over.`,
    });
    return heldLock(disk, path, mine, judgement === "unseen");
  }
};
