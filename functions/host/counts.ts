import type { Evaluated } from "#sdk/serve/pool.ts";

/** What a host has run. */
export class HostCounts {
  checks = 0;
  /** Those that could not be run to their end, by why. */
  readonly brokenOff = new Map<string, number>();

  add(one: Evaluated): void {
    this.checks++;
    if ("error" in one) this.brokenOff.set(one.error.code, (this.brokenOff.get(one.error.code) ?? 0) + 1);
  }
}
