import { fault } from "../errors.ts";

/** `"30s"`, `"10m"`, `"1.5h"`, `"14d"`. */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;
export type DurationOrParam = Duration | `$${string}`;

const UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const SHAPE = /^(\d{1,12}(?:\.\d{1,6})?)([smhd])$/;

/** The JSON schema's pattern of a duration. */
export const DURATION_PATTERN = "^[0-9]{1,12}(\\.[0-9]{1,6})?[smhd]$";

export const isDuration = (text: unknown): text is Duration => typeof text === "string" && SHAPE.test(text);

/** Milliseconds. `field` names the place in the error `duration-invalid`. */
export function durationMs(text: string, field: string): number {
  const match = SHAPE.exec(text);
  if (!match) throw fault("duration-invalid", { field, text });
  return Math.round(Number(match[1]) * UNITS[match[2]!]!);
}

/** Milliseconds as people write them: the largest unit that divides, `90s` rather than `1.5m`. */
export function sayDuration(ms: number): string {
  for (const [unit, size] of [
    ["d", 864e5],
    ["h", 36e5],
    ["m", 6e4],
  ] as const)
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${Math.round(ms / 100) / 10}s`;
}
