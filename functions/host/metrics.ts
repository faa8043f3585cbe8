import { Counter, Gauge, type Registry } from "prom-client";
import type { CasePool } from "#sdk/serve/pool.ts";
import type { HostCounts } from "./counts.ts";

export interface HostMeasured {
  readonly counts: HostCounts;
  readonly pool: Pick<CasePool, "waiting">;
  readonly cases: () => number;
}

/** What a host says beside what every function does. */
export function hostMetrics(registry: Registry, { counts, pool, cases }: HostMeasured): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `roundsman_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("host_cases", "Cases that are loaded.", cases);
  gauge("host_waiting", "Batches that wait for a thread.", () => pool.waiting);
  new Counter({
    name: "roundsman_checks_total",
    help: "Checks that were run.",
    registers,
    collect() {
      this.reset();
      this.inc(counts.checks);
    },
  });
  new Counter({
    name: "roundsman_checks_broken_off_total",
    help: "Checks that could not be run to their end, by why.",
    labelNames: ["code"],
    registers,
    collect() {
      this.reset();
      for (const [code, count] of counts.brokenOff) this.inc({ code }, count);
    },
  });
}
