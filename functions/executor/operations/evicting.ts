/** Eviction that waits for disruption budgets. */
import type { KubeObject } from "#broker/kube/index.ts";
import { isFault } from "#sdk/errors.ts";
import type { Doing } from "../operation.ts";
import { heed } from "./refuse.ts";

const PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

export type Evicted = "evicted" | "gone" | "held";

/**
 * Evicts one pod. A 429 (a disruption budget, or a busy API server) says that nothing was done, so it is asked again until
 * the deadline: `held` = it never was. `gone` = it ended by itself, or another has its name.
 */
export async function evictPod(
  operation: string,
  doing: Pick<Doing, "hands" | "granted" | "brake" | "clock" | "sleep" | "deadline" | "signal">,
  pod: KubeObject,
  soFar: string,
): Promise<Evicted> {
  const { hands, clock, sleep, deadline } = doing;
  const { name, namespace, uid } = pod.metadata;
  const again = { kind: "Pod", name, uid: uid!, ...(namespace !== undefined && { namespace }) };
  let now: KubeObject | undefined = pod;
  for (let pause = PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    await heed(operation, doing, soFar);
    if (now === undefined || now.metadata.deletionTimestamp !== undefined) return "gone";
    try {
      await hands.evict(now);
      return "evicted";
    } catch (e) {
      if (isFault(e, "kube-not-found")) return "gone";
      const waits = isFault(e, "kube-throttled");
      if (!waits && !isFault(e, "kube-conflict")) throw e;
      if (clock.now() + (waits ? pause : 0) > deadline) return "held";
      if (waits) await sleep(pause);
    }
    now = await hands.read(again);
  }
}
