import { readFileSync } from "node:fs";

/** What a process has cost so far. */
export interface Cost {
  /** ms of CPU, user and system, of all its threads. */
  readonly cpu: number;
  /** MB: the most it ever held. */
  readonly peak: number;
}

/** Clock ticks per second: what Linux tells CPU time in, on every platform that Node runs on. */
const TICKS = 100;

/** @throws where the process is gone, or the system has no /proc */
export function costOf(pid: number | "self"): Cost {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command may hold blanks: fields are counted from behind its parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const peak = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  return { cpu: (ticks * 1_000) / TICKS, peak: Number(peak) / 1024 };
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** The value that so much (0 to 1) of all do not pass. */
export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)]!;
