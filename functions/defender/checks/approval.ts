import { pair } from "../state.ts";
import type { Check } from "./check.ts";

/** Whether a person has said yes, where one must. */
export const checkApproval: Check = ({ state, request: { matter, operation } }) => {
  if (!state.config.settings.dangerous.includes(operation)) return [];
  const approval = state.approvals.get(pair(matter, operation));
  return approval !== undefined && state.time.utc < approval.until && state.time.now < approval.ends
    ? []
    : [{ code: "approval", detail: `${operation} needs a person's yes` }];
};
