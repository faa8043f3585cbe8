import { Counter, Gauge, type Metric, Registry } from "prom-client";
import type { FunctionCounts } from "./function-counts.ts";
import type { Gate } from "./gate.ts";

export interface FunctionMeasured {
  readonly counts: FunctionCounts;
  readonly gate: Gate;
  readonly version: string;
}

/** What a function's server says of itself, in a registry of its own; more can be registered in it. */
export function functionMetrics({ counts, gate, version }: FunctionMeasured): Registry {
  const registry = new Registry();
  const registers = [registry];
  registry.registerMetric(counts.durations as unknown as Metric);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `roundsman_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  new Gauge({
    name: "roundsman_build_info",
    help: "The version that runs.",
    labelNames: ["version"],
    registers,
    collect() {
      this.set({ version }, 1);
    },
  });
  new Counter({
    name: "roundsman_function_requests_total",
    help: "Requests with events, by the status that they were answered with.",
    labelNames: ["status"],
    registers,
    collect() {
      this.reset();
      for (const [status, count] of counts.requests) this.inc({ status: String(status) }, count);
    },
  });
  new Counter({
    name: "roundsman_function_events_total",
    help: "Events of requests that could be read.",
    registers,
    collect() {
      this.reset();
      this.inc(counts.events);
    },
  });
  gauge("function_in_flight", "Requests that are under way.", () => gate.inside);
  gauge("memory_bytes", "Resident memory of the process.", () => process.memoryUsage.rss());
  gauge("cpu_seconds", "CPU that the process has used.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  return registry;
}
