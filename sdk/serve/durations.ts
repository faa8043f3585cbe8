/** Upper ends, ms. */
const ENDS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/** A histogram that costs next to nothing until it is asked for; a registry of prom-client takes it as a metric. */
export class Durations {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly aggregator = "sum";
  /** The last place is for what took longer than all of them. */
  readonly #counts = new Array<number>(ENDS.length + 1).fill(0);
  #sum = 0;

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  add(ms: number): void {
    this.#sum += ms;
    let at = 0;
    while (at < ENDS.length && ms > ENDS[at]!) at++;
    this.#counts[at]!++;
  }

  /** As prom-client's metrics answer. */
  async get() {
    const { name, help, type, aggregator } = this;
    let count = 0;
    const values = this.#counts.map((each, at) => {
      count += each;
      const le = at < ENDS.length ? ENDS[at]! / 1_000 : "+Inf";
      return { metricName: `${name}_bucket`, labels: { le } as object, value: count };
    });
    values.push({ metricName: `${name}_sum`, labels: {}, value: this.#sum / 1_000 });
    values.push({ metricName: `${name}_count`, labels: {}, value: count });
    return { name, help, type, aggregator, values };
  }
}
