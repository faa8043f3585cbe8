import type { Reason } from "#sdk/operation/decision.ts";
import { VERSION } from "../state.ts";
import type { Check } from "./check.ts";

/** Whether the log itself can be gone by. */
export const checkJournal: Check = ({ state }) => {
  const reasons: Reason[] = [];
  if (state.version !== VERSION)
    reasons.push({ code: "newer-version", detail: `version ${state.version}, this one knows ${VERSION}` });
  if (!state.durable) reasons.push({ code: "not-durable" });
  if (!state.initialised) reasons.push({ code: "not-initialised" });
  return reasons;
};
