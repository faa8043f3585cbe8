import { FaultyDisk, type Operation } from "#broker/log/file/faulty-disk.ts";
import { type FileLogParts, openFileLog } from "#broker/log/file/file-log.ts";
import type { LogWarning } from "#broker/log/file/warning.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";

/** A small random number generator: one seed, one sequence. */
export const randomFrom = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

/** Where a history is played: a driver, what it stands on, and what can happen to that. */
export interface World {
  readonly now: { value: number };
  open(): Promise<Log>;
  /** The power goes; what is left is there for the next `open`. Left out where nothing outlives the process. */
  readonly power?: {
    /** Resolves when it is gone. */
    failAfter(operations: number): Promise<void>;
    restore(seed: number): void;
    /** Only the process was ended; what it wrote and did not sync is still to be seen. */
    restart(): void;
  };
  /** From now on writing fails so often, then no more. */
  readonly trouble?: (errno: "ENOSPC" | "EIO", on: readonly Operation[], times: number) => void;
  readonly warnings: LogWarning[];
}

/** What makes a driver wrong on purpose. */
export interface Mutation {
  readonly parts?: Partial<FileLogParts>;
  disk?(disk: FaultyDisk): void;
  /** `opened` counts from 1. */
  log?(log: Log, world: World, opened: number): Log;
}

const clockOf = (now: { value: number }) => ({ now: () => now.value });

export const memoryWorld = (mutation: Mutation = {}): World => {
  const world: World = {
    now: { value: 1_000_000 },
    warnings: [],
    open: async () => {
      const log = memoryLog({ clock: clockOf(world.now) });
      return mutation.log?.(log, world, 1) ?? log;
    },
  };
  return world;
};

/** The file driver on a disk that fails. Segments are so small that histories of 40 steps fill several. */
export const fileWorld = (mutation: Mutation = {}): World => {
  let disk = new FaultyDisk();
  let opened = 0;
  mutation.disk?.(disk);
  const world: World = {
    now: { value: 1_000_000 },
    warnings: [],
    async open() {
      opened += 1;
      const own = { pid: opened, started: "1" };
      const log = await openFileLog(
        {
          dir: "/log",
          clock: clockOf(world.now),
          segmentBytes: 1500,
          tailBytes: 900,
          commitDelay: 0,
          warn: (warning) => void world.warnings.push(warning),
        },
        {
          disk,
          // Every other time nobody can tell whether the process before still runs.
          processes: { own: async () => own, judge: async () => (opened % 2 === 0 ? "dead" : "unseen") },
          ...mutation.parts,
        },
      );
      return mutation.log?.(log, world, opened) ?? log;
    },
    power: {
      failAfter: (operations) => disk.failPowerAfter(operations),
      restore(seed) {
        disk = disk.afterCrash(randomFrom(seed));
        mutation.disk?.(disk);
      },
      restart() {
        disk = disk.afterKill();
        mutation.disk?.(disk);
      },
    },
    trouble(errno, on, times) {
      let left = times;
      disk.fault = (operation) => (on.includes(operation) && left-- > 0 ? errno : undefined);
    },
  };
  return world;
};
