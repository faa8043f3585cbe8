import { Counter, Gauge, type Registry } from "prom-client";

type Labels = Readonly<Record<string, string>>;
/** Called at each scrape: says what is now, each set of labels once. */
type Read = (say: (labels: Labels, value: number) => void) => void;

const PREFIX = "roundsman_";

/** Makes metrics of one registry; each process says its own by it (functions/METRICS.md lists them all). */
export type Scraped = ReturnType<typeof scraped>;

/** Metrics of a registry that are read when it is scraped, and cost nothing meanwhile. */
export function scraped(registry: Registry) {
  const registers = [registry];
  return {
    gauge: (name: string, help: string, labelNames: string[], read: Read) =>
      new Gauge({
        name: PREFIX + name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          read((labels, value) => this.set(labels, value));
        },
      }),
    counter: (name: string, help: string, labelNames: string[], read: Read) =>
      new Counter({
        name: PREFIX + name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          read((labels, value) => this.inc(labels, value));
        },
      }),
  };
}
