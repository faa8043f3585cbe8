import { fencedLog } from "#functions/process/fenced.ts";
import { type Leader, leaderOf } from "#functions/process/leader.ts";
import type { Process } from "#functions/process/process.ts";
import { leaseSettings, settingsOf } from "#functions/process/settings.ts";
import { findingsRoutes } from "./api.ts";
import { Ledger } from "./ledger.ts";
import { ledgerMetrics } from "./metrics.ts";

const settings = settingsOf(leaseSettings);

/** Verdicts become findings: one replica writes, rebuilt from the log. */
export const process: Process<typeof settings> = {
  name: "ledger",
  says: "turns verdicts into findings; replicas stand by behind a Lease",
  settings,
  parts(base) {
    const { clock, logger, fatal } = base;
    let ledger: Ledger | undefined;
    const leader: Leader = leaderOf(base, () => {
      const log = fencedLog(base.log, { leads: () => leader.leads, lease: base.settings.lease ?? "" });
      const one = new Ledger({ log, clock, logger, lost: fatal });
      return {
        start: async () => {
          await one.start();
          ledger = one;
          one.done.catch(fatal);
        },
        stop: () => one.stop(),
      };
    });
    return {
      runnables: [leader],
      metrics: (say) =>
        ledgerMetrics(say, {
          findings: (state) => ledger?.findings(state) ?? [],
          markAges: () => ledger?.markAges() ?? new Map(),
        }),
      routes: (app) => findingsRoutes(app, { findings: () => ledger?.findings() ?? [] }),
    };
  },
};
