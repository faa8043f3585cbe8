import { statSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** An open file. Positions and lengths are bytes. */
export interface DiskFile {
  /** How many bytes there were to read, fewer than asked for only at the file's end. */
  read(into: Uint8Array, at: number, length: number, position: number): Promise<number>;
  /** All of `bytes`, or it throws; a part may then be in the file. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves when what was written is on the disk. After a failure nothing is known of what was written since the last one. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** What the file driver asks of an operating system: the seam at which tests let a disk fill up, fail, lie or lose power. */
export interface Disk {
  /** Makes a directory, those above it too, and their entries durable. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory; `undefined` when there is no such directory. */
  list(path: string): Promise<string[] | undefined>;
  /** `create` empties a file that is there. */
  open(path: string, mode: "read" | "update" | "create"): Promise<DiskFile>;
  /** Makes a file that must not exist: `false` when it does. */
  createExclusive(path: string, bytes: Uint8Array): Promise<boolean>;
  /** `undefined` when there is no such file. */
  readWhole(path: string): Promise<Buffer | undefined>;
  /** Replaces `to` when it exists. */
  rename(from: string, to: string): Promise<void>;
  /** Also fine when there is none. */
  remove(path: string): Promise<void>;
  /** Makes the directory's entries durable: without it a new file may be gone after a power failure. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Which file has that name now: another answer once it was replaced. `undefined` when there is none. Asked at every
   * write, so it does not wait for a thread: that would cost twenty times as much as the answer, which the kernel has in memory.
   */
  identity(path: string): string | undefined;
}

export const errnoOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;

/** The outcome of a call, with `instead` where it failed for that one reason. */
const unless = async <T, U>(errno: string, instead: U, run: () => Promise<T>): Promise<T | U> => {
  try {
    return await run();
  } catch (error) {
    if (errnoOf(error) === errno) return instead;
    throw error;
  }
};

const FLAGS = { read: "r", update: "r+", create: "w+" } as const;

const nodeFile = (handle: FileHandle): DiskFile => ({
  async read(into, at, length, position) {
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(into, at + done, length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  },
  async write(bytes, position) {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  },
  sync: () => handle.datasync(),
  truncate: (length) => handle.truncate(length),
  size: async () => (await handle.stat()).size,
  close: () => handle.close(),
});

const syncDirectory = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** The operating system's files. */
export const nodeDisk: Disk = {
  async makeDirectory(path) {
    // Whole, so that both have their root in common.
    const whole = resolve(path);
    const first = await mkdir(whole, { recursive: true });
    if (first === undefined) return;
    for (let made = whole; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
  },
  list: (path) => unless("ENOENT", undefined, () => readdir(path)),
  open: async (path, mode) => nodeFile(await open(path, FLAGS[mode])),
  createExclusive: (path, bytes) =>
    unless("EEXIST", false, async () => {
      const handle = await open(path, "wx");
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      return true;
    }),
  readWhole: (path) =>
    unless("ENOENT", undefined, async () => {
      const handle = await open(path, "r");
      try {
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    }),
  rename,
  remove: (path) => rm(path, { force: true }),
  syncDirectory,
  identity(path) {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    // The time is there because a file system gives an inode's number to the next file at once.
    return found && `${found.dev}:${found.ino}:${found.mtimeNs}`;
  },
};
