import { type Disk, type DiskFile, nodeDisk } from "#broker/log/file/disk.ts";
import type { Log } from "#broker/log/log.ts";

/**
 * Named places at which the process can be told to fail: `PLACE:HOW`. They are wrapped around the log from without, so that
 * the process as it is shipped has none.
 *
 *   log.write:torn · :full       half of the bytes come to the disk, then it is killed · the disk is full
 *   log.write:kill               after the bytes are written, before they are synced
 *   log.sync:kill · :failed      after the sync, before anybody knows · the disk fails
 *   journal.afterWrite:kill      the append has ended, nothing is answered yet
 *   journal.beforeWrite:kill     nothing is written yet
 */
export const FAILPOINTS = [
  "log.write:torn",
  "log.write:full",
  "log.write:kill",
  "log.sync:kill",
  "log.sync:failed",
  "journal.afterWrite:kill",
  "journal.beforeWrite:kill",
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** Which is armed, and for how often. */
export class Failpoints {
  #armed: Failpoint | undefined;
  #times = 0;
  readonly #hit: (failpoint: Failpoint) => void;

  constructor(hit: (failpoint: Failpoint) => void) {
    this.#hit = hit;
  }

  arm(failpoint: Failpoint, times: number): void {
    this.#armed = failpoint;
    this.#times = times;
  }

  isDue(failpoint: Failpoint): boolean {
    if (this.#armed !== failpoint || this.#times <= 0) return false;
    this.#times -= 1;
    this.#hit(failpoint);
    return true;
  }
}

/** Never comes back. */
export function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
}
const broken = (code: string): Error => Object.assign(new Error(code), { code });

export function failingDisk(failpoints: Failpoints): Disk {
  const failing = (file: DiskFile): DiskFile => ({
    ...file,
    async write(bytes, position) {
      const isTorn = failpoints.isDue("log.write:torn");
      if (isTorn || failpoints.isDue("log.write:full")) {
        await file.write(bytes.subarray(0, Math.floor(Math.random() * bytes.length)), position);
        if (isTorn) await die();
        throw broken("ENOSPC");
      }
      await file.write(bytes, position);
      if (failpoints.isDue("log.write:kill")) await die();
    },
    async sync() {
      if (failpoints.isDue("log.sync:failed")) throw broken("EIO");
      await file.sync();
      if (failpoints.isDue("log.sync:kill")) await die();
    },
  });
  return { ...nodeDisk, open: async (path, mode) => failing(await nodeDisk.open(path, mode)) };
}

export const failingLog = (log: Log, failpoints: Failpoints): Log => ({
  ...log,
  async append(records) {
    if (failpoints.isDue("journal.beforeWrite:kill")) await die();
    const positions = await log.append(records);
    if (failpoints.isDue("journal.afterWrite:kill")) await die();
    return positions;
  },
});
