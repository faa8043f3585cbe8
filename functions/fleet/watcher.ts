import Type from "typebox";
import { fencedLog } from "#functions/process/fenced.ts";
import { hostSettings } from "#functions/process/host-settings.ts";
import { type Leader, leaderOf } from "#functions/process/leader.ts";
import type { Process } from "#functions/process/process.ts";
import { leaseSettings, settingsOf } from "#functions/process/settings.ts";
import { Following } from "#functions/watcher/following.ts";
import { watcherMetrics } from "#functions/watcher/metrics.ts";
import { fault } from "#sdk/errors.ts";
import { homeOf } from "./home.ts";

const settings = settingsOf({
  ...leaseSettings,
  ...hostSettings,
  cluster: Type.Optional(
    Type.String({
      ...{ pattern: "^[A-Za-z0-9]([A-Za-z0-9._:@/-]{0,251}[A-Za-z0-9])?$", maxLength: 253 },
      description: "the cluster's name, which is in every fingerprint (default: the context's cluster)",
    }),
  ),
  configFromCluster: Type.Boolean({
    default: false,
    description: "this is the home watcher: the cluster's own resources of roundsman.dev are the fleet's configuration",
  }),
  config: Type.Optional(
    Type.String({
      minLength: 1,
      description: "this is the home watcher: a folder (or file) of resources; they go first",
    }),
  ),
});

/** Watches one cluster: one replica does, the other stands by. The home watcher writes what is configured, too. */
export const process: Process<typeof settings> = {
  name: "watcher",
  says: "watches one cluster and says which checks are due; at home it writes the configuration of the fleet, too",
  settings,
  async parts(base) {
    const { clock, random, logger, fatal } = base;
    const { cluster: named, config, configFromCluster, lease = "" } = base.settings;
    const cluster = { ...base.cluster(), ...(named !== undefined && { name: named }) };
    const log = fencedLog(base.log, { leads: () => leader.leads, lease });
    const isHome = configFromCluster || config !== undefined;
    const home = isHome ? await homeOf({ ...base, log }, cluster, log) : undefined;
    const following = new Following({
      ...{ cluster: cluster.name, client: cluster.client, log, clock, random, logger, fatal },
      lost: () => fatal(fault("cluster-lost", { cluster: cluster.name })),
    });
    let isLeading = false;
    const leader: Leader = leaderOf(base, () => ({
      start: async () => {
        isLeading = true;
        await home?.start();
        await following.start();
      },
      stop: async () => {
        await following.stop();
        await home?.stop();
      },
    }));
    return {
      runnables: [leader],
      waitsFor: () => (isLeading ? [...(home?.waitsFor() ?? []), ...following.waitsFor] : []),
      metrics: (say) => watcherMetrics(say, { cluster: cluster.name, watcher: () => following.watcher ?? NOTHING }),
    };
  },
};

/** One that stands by sees nothing. */
const NOTHING = {
  views: () => ({ ages: {}, ready: new Set<string>(), refused: {}, leftOut: [] }),
  status: () => ({ objects: {}, streams: {}, unanswered: {}, stamp: { epoch: 0, seq: 0 } }),
  candidateRatios: () => ({}),
};
