import { timestamp } from "../clock.ts";

export interface Condition {
  type: string;
  status: string;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

/** Replaces the condition of its type; its time of transition moves only with its status. */
export function setCondition(
  conditions: Condition[],
  next: Omit<Condition, "lastTransitionTime">,
  now: number,
): Condition[] {
  const known = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime = known?.status === next.status ? known.lastTransitionTime : timestamp(now);
  const { type, status, reason, message } = next;
  const condition = { type, status, lastTransitionTime, reason, message };
  return known ? conditions.map((one) => (one === known ? condition : one)) : [...conditions, condition];
}
