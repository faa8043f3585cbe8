import type { Check, CheckError, Verdict } from "../terms.ts";

/** Why a check's run was broken off: it says nothing of the cluster, and another try may end well. */
export const BROKEN_OFF: ReadonlySet<string> = new Set(["case-deadline", "case-memory", "case-exit", "case-held-back"]);

/** The verdict of a check that could not be run to its end: findings of its key stay as they are. */
export function brokenOff({ id, cluster, case: name, instance, key, stamp }: Check, error: CheckError): Verdict {
  const message = `${name} under key ${JSON.stringify(key)} ${error.message}`;
  return {
    ...{ id, cluster, case: name, instance, key, stamp },
    outcome: "error",
    problems: [],
    error: { code: error.code, message },
  };
}
