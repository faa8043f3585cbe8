import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/** The kernel's monotonic clock: ms that never fall while the machine runs, whichever process reads them. */
export interface Ticks {
  /** Which run of which machine (and which of its clocks) they belong to. */
  readonly boot: string;
  now(): number;
}

const attempt = (read: () => string): string | undefined => {
  try {
    return read().trim();
  } catch {
    return undefined;
  }
};

/**
 * Of this machine. Where the system does not say which run it is (macOS), each process counts for itself, so that a restart
 * lets no time pass. A container may have a clock of its own: its name is part of the boot.
 */
export function kernelTicks(): Ticks {
  const id = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  const clock = attempt(() => readlinkSync("/proc/self/ns/time")) ?? "";
  return {
    boot: id === undefined ? `process:${randomUUID()}` : `${id} ${clock}`.trim(),
    now: () => Number(process.hrtime.bigint() / 1_000_000n),
  };
}
