import { sayDuration } from "#sdk/case/duration.ts";
import { SILENCE } from "../config.ts";
import type { Check } from "./check.ts";

/**
 * Whether the cluster's executor lives, and its clock says what ours says: it must know when a grant is over. Its clock was
 * noted against defender time, so a step of our own clock since then shows too.
 */
export const checkExecutor: Check = ({ state, request: { cluster } }) => {
  const { now, utc } = state.time;
  const where = { in: { scope: "cluster", names: [cluster] } } as const;
  const executor = state.executors.get(cluster);
  if (!executor || now - executor.at > SILENCE) return [{ code: "executor-silent", ...where }];
  const { epsilon, notAfter } = state.config.settings;
  const off = Math.abs(utc - now - executor.ahead);
  return off <= epsilon - notAfter
    ? []
    : [
        {
          code: "executor-clock",
          ...where,
          detail: `${sayDuration(off)} off, at most ${sayDuration(epsilon - notAfter)} are allowed`,
        },
      ];
};
