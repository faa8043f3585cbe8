import { type Metric, Registry } from "prom-client";
import type { FunctionCounts } from "./function-counts.ts";
import type { Gate } from "./gate.ts";
import { scraped } from "./scraped.ts";

export interface FunctionMeasured {
  readonly counts: FunctionCounts;
  readonly gate: Gate;
  readonly version: string;
}

/** What a function's server says of itself, in a registry of its own; more can be registered in it. */
export function functionMetrics({ counts, gate, version }: FunctionMeasured): Registry {
  const registry = new Registry();
  registry.registerMetric(counts.durations as unknown as Metric);
  const { gauge, counter } = scraped(registry);
  gauge("build_info", "The version that runs.", ["version"], (say) => say({ version }, 1));
  counter(
    "function_requests_total",
    "Requests with events, by the status that they were answered with.",
    ["status"],
    (say) => {
      for (const [status, count] of counts.requests) say({ status: String(status) }, count);
    },
  );
  counter("function_events_total", "Events of requests that could be read.", [], (say) => say({}, counts.events));
  gauge("function_in_flight", "Requests that are under way.", [], (say) => say({}, gate.inside));
  gauge("memory_bytes", "Resident memory of the process.", [], (say) => say({}, process.memoryUsage.rss()));
  counter("cpu_seconds_total", "CPU that the process has used.", [], (say) => {
    const { user, system } = process.cpuUsage();
    say({}, (user + system) / 1e6);
  });
  return registry;
}
