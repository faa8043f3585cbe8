import type { NewRecord } from "#broker/log/log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { type Census, COUNTED } from "./census.ts";

export interface ReportsOptions {
  readonly cluster: string;
  /** Of this watcher: reports of two epochs are no doubles. */
  readonly epoch: number;
  readonly clock: Clock;
  readonly census: Census;
  /** ms per kind; null = there is no view. */
  readonly ages: () => Readonly<Record<string, number | null>>;
  readonly append: (records: NewRecord[]) => Promise<unknown>;
  readonly failed: (e: unknown) => void;
}

/** ms between heartbeats. */
const BEAT = 10_000;
/** ms that changes of sizes are gathered: nodes are what most budgets are shares of, pods change all the time. */
const GATHER: Readonly<Record<(typeof COUNTED)[number], number>> = { "v1/Node": 250, "v1/Pod": 15_000 };
const LOOK = 250;
/** ms between heartbeats while nodes fall silent: doubt must not wait for the next regular one. */
const BEAT_SOON = 1_000;

/** What the defender goes by, on topic `clusters`: that the cluster is heard of, how old its views are, how large and healthy its scopes. */
export class Reports {
  readonly #options: ReportsOptions;
  #timers: NodeJS.Timeout[] = [];
  #told: Record<string, number> = {};
  #toldAt = Number.NEGATIVE_INFINITY;
  #stale = 0;
  #beatAt = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** Once everything was listed: half a cluster has no size. */
  start(): void {
    if (this.#timers.length > 0) return;
    this.#sizes();
    this.#beat();
    this.#timers = [setInterval(() => this.#beat(), BEAT), setInterval(() => this.#look(), LOOK)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  #look(): void {
    const { census, clock } = this.#options;
    const now = clock.monotonic();
    if (now - this.#beatAt >= BEAT_SOON && census.leases(clock.now()).stale !== this.#stale) this.#beat();
    const since = now - this.#toldAt;
    if (COUNTED.some((kind) => census.changes[kind] !== this.#told[kind] && since >= GATHER[kind])) this.#sizes();
  }

  #sizes(): void {
    const { census, cluster, clock, ages } = this.#options;
    const seen = ages();
    const kinds = new Set(COUNTED.filter((kind) => typeof seen[kind] === "number"));
    this.#told = { ...census.changes };
    this.#toldAt = clock.monotonic();
    this.#say("sizes", TYPES.sizes, census.sizes(cluster, kinds));
  }

  #beat(): void {
    const { census, cluster, clock, ages } = this.#options;
    const leases = census.leases(clock.now());
    this.#stale = leases.stale;
    this.#beatAt = clock.monotonic();
    this.#say("heartbeat", TYPES.heartbeat, { cluster, ages: ages(), leases });
  }

  #say(what: string, type: string, data: object): void {
    const { cluster, epoch, append, failed } = this.#options;
    append([
      recordOf({
        topic: "clusters",
        key: [cluster, what],
        type,
        id: `${cluster}/${epoch}/${what}/${++this.#count}`,
        source: `/clusters/${encodeURIComponent(cluster)}/watcher`,
        dataText: JSON.stringify(data),
      }),
    ]).catch(failed);
  }
}
