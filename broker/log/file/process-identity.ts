import { readFile, readlink } from "node:fs/promises";

/** Which process a lock belongs to. What the system cannot say is left out. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, as the kernel counts; without /proc, as Node does, which only the process itself can tell. */
  readonly started: string;
  /** Which run of which machine. */
  readonly boot?: string;
  /** In which table of processes the pid counts: a container has one of its own. */
  readonly pids?: string;
}

/**
 * `alive`: it runs. `dead`: it has ended. `unseen`: it does not run here; whether it runs on another machine or in
 * another container cannot be told.
 */
export type Judgement = "alive" | "dead" | "unseen";

export interface Processes {
  own(): Promise<ProcessIdentity>;
  judge(holder: ProcessIdentity): Promise<Judgement>;
}

/** Field 22 of /proc/<pid>/stat, counted after the name in parentheses, which may hold blanks. */
const startOf = async (pid: number): Promise<string | undefined> => {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
};

const bootOf = async (): Promise<string | undefined> =>
  (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => undefined))?.trim();

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

const own = async (): Promise<ProcessIdentity> => {
  const [started, boot, pids] = await Promise.all([
    startOf(process.pid),
    bootOf(),
    readlink("/proc/self/ns/pid").catch(() => undefined),
  ]);
  return {
    pid: process.pid,
    started: started ?? `node:${performance.timeOrigin}`,
    ...(boot === undefined ? {} : { boot }),
    ...(pids === undefined ? {} : { pids }),
  };
};

/** What is known of a process that has the holder's pid now. */
export interface Seen {
  readonly exists: boolean;
  readonly started: string | undefined;
}

/** Decides by what is known; apart from the reads, so that every case can be tested. */
export const judgeHolder = (holder: ProcessIdentity, self: ProcessIdentity, seen: Seen): Judgement => {
  if (holder.boot !== self.boot || holder.pids !== self.pids) return "unseen";
  if (holder.pid === self.pid) return holder.started === self.started ? "alive" : "dead";
  if (!seen.exists) return "dead";
  return seen.started === undefined || seen.started === holder.started ? "alive" : "dead";
};

/** The processes of this machine. Without /proc a pid is all there is to go by. */
export const systemProcesses: Processes = {
  own,
  async judge(holder) {
    return judgeHolder(holder, await own(), { exists: exists(holder.pid), started: await startOf(holder.pid) });
  },
};
