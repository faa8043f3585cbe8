import { leaderOf } from "#functions/process/leader.ts";
import type { Process } from "#functions/process/process.ts";
import { leaseSettings, settingsOf } from "#functions/process/settings.ts";
import { Alert } from "./alert.ts";
import { alertMetrics } from "./metrics.ts";
import { usableSink } from "./sinks/sink-of.ts";

const settings = settingsOf(leaseSettings);

/** Findings become notices: one replica tells. */
export const process: Process<typeof settings> = {
  name: "alert",
  says: "tells every subscription's sink of findings; replicas stand by behind a Lease",
  settings,
  parts(base) {
    const { logger, random, clock, env, stdout, fatal } = base;
    const sinks = { env, stdout };
    let alert: Alert | undefined;
    const leader = leaderOf(base, (log) => {
      const one = new Alert({ log, logger, random, clock, sinkOf: (subscription) => usableSink(subscription, sinks) });
      alert = one;
      const start = async () => {
        await one.start();
        one.done.catch(fatal);
      };
      return { start, stop: () => one.stop() };
    });
    return {
      runnables: [leader],
      metrics: (say) =>
        alertMetrics(say, {
          counts: () => alert?.counts() ?? new Map(),
          canaries: () => alert?.canaries() ?? new Map(),
        }),
    };
  },
};
