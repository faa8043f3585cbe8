import { Accounts } from "#functions/healer/accounts.ts";
import { remediesRoutes } from "#functions/healer/api.ts";
import { Healer } from "#functions/healer/healer.ts";
import { healerMetrics } from "#functions/healer/metrics.ts";
import { readStats } from "#functions/healer/stats.ts";
import { leaderOf } from "#functions/process/leader.ts";
import type { Process } from "#functions/process/process.ts";
import { leaseSettings, settingsOf } from "#functions/process/settings.ts";
import { NAMES } from "./operations.ts";

/** One that stands by keeps no accounts. */
const NOTHING = new Accounts();
const settings = settingsOf(leaseSettings);

/** Makes remedies due: one replica writes, rebuilt from the log; the others stand by. */
export const process: Process<typeof settings> = {
  name: "healer",
  says: "remembers what each remedy waits for, and makes it due; replicas stand by behind a Lease",
  settings,
  parts(base) {
    const { clock, logger, fatal } = base;
    let healer: Healer | undefined;
    const leader = leaderOf(base, (log) => {
      const one = new Healer({ log, clock, logger, operations: NAMES });
      return {
        start: async () => {
          await one.start();
          healer = one;
          one.done.catch(fatal);
        },
        stop: () => one.stop(),
      };
    });
    return {
      runnables: [leader],
      metrics: (say) =>
        healerMetrics(say, {
          get accounts() {
            return healer?.accounts ?? NOTHING;
          },
        }),
      routes: (app) =>
        remediesRoutes(app, { log: base.log, clock, healer: { stats: () => healer?.stats() ?? readStats(base.log) } }),
    };
  },
};
