import { sayDuration } from "#sdk/case/duration.ts";
import type { Reason } from "#sdk/operation/decision.ts";
import { STALE } from "../config.ts";
import { isHeard } from "../sizes.ts";
import type { Check } from "./check.ts";

/** Whether what is seen of the cluster can be believed. */
export const checkView: Check = ({ state, request: { cluster, depends } }) => {
  const where = { in: { scope: "cluster", names: [cluster] } } as const;
  const heartbeat = state.heartbeats.get(cluster);
  if (!heartbeat || !isHeard(state, cluster)) return [{ code: "cluster-silent", ...where }];
  const reasons: Reason[] = [];
  const since = state.time.now - heartbeat.at;
  for (const kind of depends) {
    const age = Object.hasOwn(heartbeat.ages, kind) ? heartbeat.ages[kind]! : null;
    if (age === null) reasons.push({ code: "view-stale", ...where, detail: `there is no view of ${kind}` });
    else if (age + since > STALE)
      reasons.push({ code: "view-stale", ...where, detail: `the view of ${kind} is ${sayDuration(age + since)} old` });
  }
  const { percent, atLeast } = state.config.settings.staleLeases;
  const { total, stale } = heartbeat.leases;
  if (stale >= atLeast && stale * 100 > percent * total)
    reasons.push({
      code: "doubt",
      ...where,
      detail: `${stale} of ${total} node leases are stale, more than ${percent} %`,
    });
  return reasons;
};
