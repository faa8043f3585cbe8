import { Cron } from "croner";
import { durationMs } from "#sdk/case/duration.ts";
import { sayError } from "#sdk/errors.ts";
import type { DefenderResource } from "#sdk/resources/budget.ts";
import { type Calendar, DAY } from "./config.ts";

export type CalendarSpec = NonNullable<DefenderResource["spec"]["calendars"]>[number];

/** How far a schedule is expanded, and how often it must be anew (ms). */
export const EXPANDED = 60 * DAY;
export const EXPAND_EVERY = DAY;
const SPANS_MOST = 10_000;
/** The last moment that a Date can name: what is written out once is known for ever. */
const FOR_EVER = 8.64e15;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Says why not: the field below the calendar, and what is wrong with it. */
export type Refuse = (field: string, what: string) => Error;

/**
 * The spans of UTC that a calendar means, from `now` on: a schedule and how long it lasts, in its own time zone, or the
 * spans that are written out. @throws what `refuse` makes of a calendar that is impossible
 */
export function expandCalendar(spec: CalendarSpec, now: number, refuse: Refuse): Calendar {
  const { name, kind, match, operations, override, schedule, spans } = spec;
  if ((schedule === undefined) === (spans === undefined))
    throw refuse(
      schedule === undefined ? "schedule" : "spans",
      "must be given, or the other of schedule and spans, not both",
    );
  const expanded = schedule === undefined ? written(spec, refuse) : scheduled(spec, now, refuse);
  return {
    name,
    kind,
    ...(match && { match }),
    ...(operations && { operations }),
    spans: joined(expanded),
    until: schedule === undefined ? FOR_EVER : now + EXPANDED,
    ...(override !== undefined && { override }),
  };
}

function written({ spans = [] }: CalendarSpec, refuse: Refuse): Span[] {
  return spans.map((span, at) => {
    const moment = (field: "from" | "to") => {
      const ms = Date.parse(span[field]);
      if (Number.isNaN(ms) || !/T.*(?:Z|[+-]\d\d:\d\d)$/.test(span[field]))
        throw refuse(
          `spans.${at}.${field}`,
          `is "${span[field]}"; write a time with its zone, such as 2027-01-31T22:00:00Z`,
        );
      return ms;
    };
    const [from, to] = [moment("from"), moment("to")];
    if (to <= from) throw refuse(`spans.${at}.to`, `is ${span.to}, which is not after ${span.from}`);
    return { from, to };
  });
}

function scheduled({ schedule, duration, timeZone = "UTC" }: CalendarSpec, now: number, refuse: Refuse): Span[] {
  if (duration === undefined) throw refuse("duration", "is missing: say how long each lasts, such as 8h");
  const lasts = durationMs(duration, "duration");
  if (lasts === 0) throw refuse("duration", "is 0: nothing would ever lie within");
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw refuse("timeZone", `is "${timeZone}", which is no time zone; write one such as Europe/Berlin`);
  }
  let cron: Cron;
  try {
    cron = new Cron(schedule!, { timezone: timeZone, mode: "5-part" });
  } catch (e) {
    throw refuse(
      "schedule",
      `is "${schedule}", which is no schedule (${sayError(e)}); write five fields, such as "0 22 * * 1-5"`,
    );
  }
  const found: Span[] = [];
  // One that has begun already counts too.
  for (let at = cron.nextRun(new Date(now - lasts)); at !== null; at = cron.nextRun(at)) {
    const from = at.getTime();
    if (from > now + EXPANDED) break;
    found.push({ from, to: Math.min(from + lasts, now + EXPANDED) });
    if (found.length > SPANS_MOST)
      throw refuse("schedule", `begins more than ${SPANS_MOST} times in 60 days; let it begin less often`);
  }
  if (found.length === 0 && cron.nextRun(new Date(now)) === null)
    throw refuse("schedule", `is "${schedule}", which never comes`);
  return found.filter(({ from, to }) => to > from);
}

/** In order, those that meet as one. */
function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last && span.from <= last.to) all[all.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else all.push(span);
  }
  return all;
}
