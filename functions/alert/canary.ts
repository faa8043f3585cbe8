import type { AlertSubscription } from "#sdk/resources/schemas.ts";
import { API_VERSION } from "#sdk/resources/schemas.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { CANARY } from "#sdk/terms.ts";
import type { Sink } from "./sinks/sink.ts";

/** No name that a resource could have: it is nobody's but ours. */
export const CANARY_SUBSCRIPTION: AlertSubscription = {
  apiVersion: API_VERSION,
  kind: "AlertSubscription",
  metadata: { name: "roundsman:canary" },
  spec: { match: { case: [CANARY] }, sink: {} },
};

export interface CanaryOptions {
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly logger: Pick<Logger, "error" | "warn">;
}

/** How the canary of one cluster fares; ages in ms. */
export interface Heard {
  readonly age: number;
  /** Of the last round that was raised: from the watcher, by its clock, to here. */
  readonly roundTrip?: number;
  readonly rounds: number;
}

/** ms: so long it may be silent before it is said; rounds are half a minute where nobody says otherwise. */
const SILENT = 180_000;
const LOOK = 10_000;

/** The end of the canary's way: hears it come, and says when it does not. */
export class CanaryWatch {
  readonly #options: CanaryOptions;
  readonly #heard = new Map<string, { at: number; rounds: number; roundTrip?: number; isSilent: boolean }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CanaryOptions) {
    this.#options = options;
  }

  /** Where notices of it go. */
  readonly sink: Sink = {
    tell: async ({ finding, state }) => {
      const { clock, logger } = this.#options;
      const known = this.#heard.get(finding.cluster);
      if (known?.isSilent) logger.warn({ cluster: finding.cluster }, "the canary comes again");
      const sent = (finding.evidence as { sent?: unknown } | undefined)?.sent;
      const trip = state === "open" && typeof sent === "number" ? Math.max(0, clock.now() - sent) : known?.roundTrip;
      this.#heard.set(finding.cluster, {
        at: clock.monotonic(),
        rounds: (known?.rounds ?? 0) + 1,
        ...(trip !== undefined && { roundTrip: trip }),
        isSilent: false,
      });
    },
  };

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** From these it should come; one that is new has its whole time yet. */
  expect(clusters: readonly string[]): void {
    const at = this.#options.clock.monotonic();
    for (const known of [...this.#heard.keys()]) if (!clusters.includes(known)) this.#heard.delete(known);
    for (const cluster of clusters)
      if (!this.#heard.has(cluster)) this.#heard.set(cluster, { at, rounds: 0, isSilent: false });
  }

  /** Says once of each that it has fallen silent. */
  look(): void {
    const now = this.#options.clock.monotonic();
    for (const [cluster, heard] of this.#heard) {
      if (heard.isSilent || now - heard.at < SILENT) continue;
      heard.isSilent = true;
      const seconds = Math.round((now - heard.at) / 1_000);
      this.#options.logger.error({ cluster, seconds }, "the canary does not come: findings may not either");
    }
  }

  heard(): ReadonlyMap<string, Heard> {
    const now = this.#options.clock.monotonic();
    return new Map(
      [...this.#heard].map(([cluster, { at, rounds, roundTrip }]) => [
        cluster,
        { age: now - at, rounds, ...(roundTrip !== undefined && { roundTrip }) },
      ]),
    );
  }
}
