import type { Log, Subscription } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";

interface Claim {
  readonly epoch: number;
  readonly claimant: string;
  /** Unix ms of its append. */
  readonly time: number;
}

/** An epoch that is held. */
export interface Held {
  readonly epoch: number;
  /** Unix ms of the claim before; 0 = there was none. */
  readonly previous: number;
  readonly subscription: Subscription;
}

const keyOf = (cluster: string) => JSON.stringify([cluster, "epoch"]);

/** The claims of a cluster in the order of the log; of two with one number the earlier holds. */
async function claims(log: Log, cluster: string): Promise<Claim[]> {
  const key = keyOf(cluster);
  const found: Claim[] = [];
  for await (const records of log.read("clusters"))
    for (const record of records)
      if (record.key === key && record.value !== null)
        found.push({ ...(parseJson(record.value) as Claim), time: record.time });
  return found;
}

/**
 * Takes the cluster: claims the next epoch, and again if an earlier claim has the number. `lost` is called when a later
 * claim shows that another watcher took it.
 */
export async function claimEpoch(log: Log, cluster: string, claimant: string, lost: () => void): Promise<Held> {
  for (;;) {
    const before = await claims(log, cluster);
    const epoch = Math.max(0, ...before.map((c) => c.epoch)) + 1;
    const dataText = JSON.stringify({ epoch, claimant });
    const source = `/clusters/${cluster}/watcher`;
    await log.append([
      recordOf({
        topic: "clusters",
        key: [cluster, "epoch"],
        type: TYPES.claim,
        id: `${epoch}/${claimant}`,
        source,
        dataText,
      }),
    ]);
    const holder = (await claims(log, cluster)).find((c) => c.epoch === epoch);
    if (holder?.claimant !== claimant) continue;
    const key = keyOf(cluster);
    const subscription = log.subscribe({ topic: "clusters", from: "end" }, (records) => {
      for (const record of records)
        if (record.key === key && record.value !== null && (parseJson(record.value) as Claim).epoch > epoch) lost();
    });
    return { epoch, previous: before.at(-1)?.time ?? 0, subscription };
  }
}
