import type { Registry } from "prom-client";
import type { CasePool } from "#sdk/serve/pool.ts";
import { scraped } from "#sdk/serve/scraped.ts";
import type { HostCounts } from "./counts.ts";

export interface HostMeasured {
  readonly counts: HostCounts;
  readonly pool: Pick<CasePool, "waiting">;
  readonly cases: () => number;
}

/** What a host says beside what every function does. */
export function hostMetrics(registry: Registry, { counts, pool, cases }: HostMeasured): void {
  const { gauge, counter } = scraped(registry);
  gauge("host_cases", "Cases that are loaded.", [], (say) => say({}, cases()));
  gauge("host_waiting", "Batches that wait for a thread.", [], (say) => say({}, pool.waiting));
  counter("host_checks_total", "Checks that were run.", [], (say) => say({}, counts.checks));
  counter("host_checks_broken_off_total", "Checks that could not be run to their end, by why.", ["code"], (say) => {
    for (const [code, count] of counts.brokenOff) say({ code }, count);
  });
}
