import { claimNext, type Held } from "#broker/log/claim.ts";
import type { Log } from "#broker/log/log.ts";

/** Takes the cluster. `lost`: another watcher took it. */
export const claimEpoch = (log: Log, cluster: string, claimant: string, lost: () => void): Promise<Held> =>
  claimNext(log, { key: [cluster, "epoch"], source: `/clusters/${cluster}/watcher` }, claimant, lost);
