import { Durations } from "./durations.ts";

/** What a function's server has answered: plain numbers, read when somebody asks. */
export class FunctionCounts {
  readonly requests = new Map<number, number>();
  readonly durations = new Durations("roundsman_function_seconds", "From a request's head to its answer.");
  events = 0;

  add(status: number, events: number, ms: number): void {
    this.requests.set(status, (this.requests.get(status) ?? 0) + 1);
    this.events += events;
    this.durations.add(ms);
  }
}
