import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Log, Subscription } from "./log.ts";

interface Claim {
  readonly epoch: number;
  readonly claimant: string;
  /** Unix ms of its append. */
  readonly time: number;
}

/** What is claimed, a key of topic `clusters`: a cluster by its watcher, a task that one process alone does. */
export interface Claimed {
  readonly key: readonly [string, string];
  readonly source: string;
}

/** An epoch that is held. */
export interface Held {
  readonly epoch: number;
  /** Unix ms of the claim before; 0 = there was none. */
  readonly previous: number;
  readonly subscription: Subscription;
}

/** The claims in the order of the log; of two with one number the earlier holds. */
async function claims(log: Log, key: string): Promise<Claim[]> {
  const found: Claim[] = [];
  for await (const records of log.read("clusters"))
    for (const record of records)
      if (record.key === key && record.value !== null)
        found.push({ ...(parseJson(record.value) as Claim), time: record.time });
  return found;
}

/**
 * Claims the next epoch, and again if an earlier claim has the number. `lost` is called when a later claim shows that
 * another one took it.
 */
export async function claimNext(log: Log, claimed: Claimed, claimant: string, lost: () => void): Promise<Held> {
  const key = JSON.stringify(claimed.key);
  for (;;) {
    const before = await claims(log, key);
    const epoch = Math.max(0, ...before.map((c) => c.epoch)) + 1;
    const dataText = JSON.stringify({ epoch, claimant });
    const id = `${epoch}/${claimant}`;
    await log.append([recordOf({ topic: "clusters", ...claimed, type: TYPES.claim, id, dataText })]);
    const holder = (await claims(log, key)).find((c) => c.epoch === epoch);
    if (holder?.claimant !== claimant) continue;
    const subscription = log.subscribe({ topic: "clusters", from: "end" }, (records) => {
      for (const record of records)
        if (record.key === key && record.value !== null && (parseJson(record.value) as Claim).epoch > epoch) lost();
    });
    return { epoch, previous: before.at(-1)?.time ?? 0, subscription };
  }
}
