import { collectDefaultMetrics, Registry } from "prom-client";
import { alertMetrics } from "#functions/alert/metrics.ts";
import { letterMetrics } from "#functions/dead-letters/metrics.ts";
import { defenderMetrics } from "#functions/defender/metrics.ts";
import { dispatcherMetrics } from "#functions/dispatcher/metrics.ts";
import { healerMetrics } from "#functions/healer/metrics.ts";
import { ledgerMetrics } from "#functions/ledger/metrics.ts";
import { type WatcherMeasured, watcherMetrics } from "#functions/watcher/metrics.ts";
import { scraped } from "#sdk/serve/scraped.ts";

type Of<F extends (...args: never[]) => void> = Parameters<F>[1];

export interface Measured extends WatcherMeasured {
  readonly ledger: Of<typeof ledgerMetrics>;
  readonly dispatcher: Of<typeof dispatcherMetrics>;
  readonly alert: Of<typeof alertMetrics>;
  readonly shelf: Of<typeof letterMetrics>;
  readonly healing: {
    readonly defender: Of<typeof defenderMetrics>;
    readonly healer: Of<typeof healerMetrics>;
  };
  readonly version: string;
}

/** A registry of its own, with what all parts say; everything is read when it is scraped. */
export function createMetrics({ ledger, dispatcher, alert, shelf, healing, version, ...watcher }: Measured): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "roundsman_" });
  const say = scraped(registry);
  say.gauge("build_info", "The version that runs.", ["version"], (set) => set({ version }, 1));
  ledgerMetrics(say, ledger);
  watcherMetrics(say, watcher);
  dispatcherMetrics(say, dispatcher);
  alertMetrics(say, alert);
  letterMetrics(say, shelf);
  defenderMetrics(say, healing.defender);
  healerMetrics(say, healing.healer);
  return registry;
}
