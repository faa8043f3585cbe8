import type { Reason } from "#sdk/operation/decision.ts";
import type { Calendar } from "../config.ts";
import { isFor } from "../matching.ts";
import type { Check } from "./check.ts";

/** Whether the hour is right: in no freeze, and in a maintenance window of each calendar that names them. */
export const checkCalendars: Check = ({ state, request }) =>
  state.config.calendars
    .filter(({ match, operations }) => isFor(match, operations, request))
    .flatMap((calendar) => reasonOf(calendar, state.time.utc) ?? []);

function reasonOf({ name, kind, spans, until, override }: Calendar, utc: number): Reason | undefined {
  const more = { budget: name, ...(override !== undefined && { override }) };
  if (utc >= until) return { code: "calendar-ended", ...more };
  const within = spans.find(({ from, to }) => from <= utc && utc < to);
  if (kind === "freeze") return within && { code: "freeze", ...more, until: within.to };
  if (within) return undefined;
  const next = Math.min(...spans.map(({ from }) => from).filter((from) => from > utc));
  return { code: "outside-maintenance", ...more, ...(Number.isFinite(next) && { until: next }) };
}
