import { Counter, Gauge, type Metric, Registry } from "prom-client";
import { Durations } from "./durations.ts";
import type { Gate } from "./gate.ts";

export interface FunctionMetrics {
  /** More can be registered in it. */
  readonly registry: Registry;
  /** Told of each answer. */
  answered(status: number, events: number, ms: number): void;
}

/** What a function's server says of itself, in a registry of its own. */
export function functionMetrics({ gate, version }: { readonly gate: Gate; readonly version: string }): FunctionMetrics {
  const registry = new Registry();
  const registers = [registry];
  // Plain numbers on the hot path: they are read when somebody asks.
  const requests = new Map<number, number>();
  let taken = 0;
  const durations = new Durations("roundsman_function_seconds", "From a request's head to its answer.");
  registry.registerMetric(durations as unknown as Metric);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
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
      for (const [status, count] of requests) this.inc({ status: String(status) }, count);
    },
  });
  new Counter({
    name: "roundsman_function_events_total",
    help: "Events of requests that could be read.",
    registers,
    collect() {
      this.reset();
      this.inc(taken);
    },
  });
  gauge("roundsman_function_in_flight", "Requests that are under way.", () => gate.inside);
  gauge("roundsman_memory_bytes", "Resident memory of the process.", () => process.memoryUsage.rss());
  gauge("roundsman_cpu_seconds", "CPU that the process has used.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  return {
    registry,
    answered(status, events, ms) {
      requests.set(status, (requests.get(status) ?? 0) + 1);
      taken += events;
      durations.add(ms);
    },
  };
}
