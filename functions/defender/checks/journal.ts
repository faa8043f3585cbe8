import type { Reason } from "#sdk/operation/decision.ts";
import { knows, VERSION } from "../state.ts";
import type { Check } from "./check.ts";

/** Whether the log itself can be gone by. */
export const checkJournal: Check = ({ state }) => {
  const reasons: Reason[] = [];
  if (!knows(state.version))
    reasons.push({ code: "newer-version", detail: `version ${state.version}, this one knows ${VERSION}` });
  if (!state.durable) reasons.push({ code: "not-durable" });
  if (!state.initialised) reasons.push({ code: "not-initialised" });
  return reasons;
};
