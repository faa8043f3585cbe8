import { randomUUID } from "node:crypto";
import { leaderOf } from "#functions/process/leader.ts";
import type { Process } from "#functions/process/process.ts";
import { leaseSettings, settingsOf } from "#functions/process/settings.ts";
import { findingsRoutes } from "./api.ts";
import { Ledger } from "./ledger.ts";
import { ledgerMetrics } from "./metrics.ts";
import { streamRoute } from "./stream.ts";
import { FindingsView } from "./view.ts";

const settings = settingsOf(leaseSettings);

/** Verdicts become findings: one replica writes, rebuilt from the log; each says what they are. */
export const process: Process<typeof settings> = {
  name: "ledger",
  says: "turns verdicts into findings; replicas stand by behind a Lease",
  settings,
  parts(base) {
    const { clock, logger, fatal, end } = base;
    const view = new FindingsView({ log: base.log, clock, logger });
    const leader = leaderOf(base, (log) => {
      const ledger = new Ledger({ log, clock, logger, claimant: randomUUID(), lost: end });
      return {
        start: async () => {
          await ledger.start();
          ledger.done.catch(fatal);
        },
        stop: () => ledger.stop(),
      };
    });
    const start = async () => {
      await view.start();
      view.done.catch(fatal);
    };
    return {
      runnables: [{ name: "the view of findings", start, stop: () => view.stop() }, leader],
      metrics: (say) => ledgerMetrics(say, view),
      routes: (app) => {
        findingsRoutes(app, view);
        streamRoute(app, view);
      },
    };
  },
};
