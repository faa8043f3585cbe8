import { sayDuration } from "#sdk/case/duration.ts";
import { createAjv, sayInvalid } from "#sdk/case/params.ts";
import { fault } from "#sdk/errors.ts";
import { SIZED } from "#sdk/operation/decision.ts";
import { BOUNDS, type Budget, type Calendar, type Config, type Most } from "./config.ts";
import { ConfigSchema } from "./config-schema.ts";

/**
 * Refuses a configuration with a mistake, with a sentence that names the field. What is in force then stays.
 * Throws `config-invalid`.
 */
export function createConfigCheck(caps: readonly Budget[]): (config: unknown, where: string) => Config {
  const validate = createAjv().compile(ConfigSchema);
  return (config, where) => {
    const refuse = (key: string, what: string) => fault("config-invalid", { where, key, what });
    if (!validate(config)) {
      const error = validate.errors!.findLast(({ keyword }) => keyword !== "if")!;
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      const { field, what } = sayInvalid(error, known);
      throw refuse(field || "the configuration", what);
    }
    const { budgets, calendars, settings } = config as Config;
    const flaw =
      twice(budgets, "budgets") ??
      twice(calendars, "calendars") ??
      first(budgets, (budget, at) => flawOfBudget(budget, `budgets.${at}`, caps)) ??
      overlap(budgets) ??
      first(calendars, (calendar, at) => flawOfCalendar(calendar, `calendars.${at}`));
    if (flaw) throw refuse(...flaw);
    if (settings.epsilon < settings.notAfter + BOUNDS.clockError)
      throw refuse(
        "settings.epsilon",
        `is ${settings.epsilon} ms, but a grant holds ${settings.notAfter} ms and clocks err by ${BOUNDS.clockError}: write ${settings.notAfter + BOUNDS.clockError} or more`,
      );
    return config as Config;
  };
}

/** The field, and what is wrong with it. */
type Flaw = [field: string, what: string] | undefined;

function first<T>(all: readonly T[], flawOf: (one: T, at: number) => Flaw): Flaw {
  for (const [at, one] of all.entries()) {
    const flaw = flawOf(one, at);
    if (flaw) return flaw;
  }
  return undefined;
}

function twice(all: readonly { name: string }[], field: string): Flaw {
  const names = all.map(({ name }) => name);
  const at = names.findIndex((name, index) => names.indexOf(name) !== index);
  return at < 0 ? undefined : [`${field}.${at}.name`, `is ${names[at]} a second time; give each a name of its own`];
}

const isShare = (most: Most | undefined): boolean => typeof most === "object";

function flawOfBudget(budget: Budget, field: string, caps: readonly Budget[]): Flaw {
  const { name, scope, limits, inFlight, healthy } = budget;
  if (caps.some((cap) => cap.name === name)) return [`${field}.name`, `is ${name}, which is a cap of the program's`];
  if (limits.length === 0 && inFlight === undefined && !healthy)
    return [field, `(${name}) would allow everything; give it limits, inFlight or healthy`];
  const share = limits.findIndex(({ most }) => isShare(most));
  const noSize = `is a share, but a scope "${scope}" has no size; write a count, or one of the scopes ${SIZED.join(", ")}`;
  if (!SIZED.includes(scope)) {
    if (share >= 0) return [`${field}.limits.${share}.most`, noSize];
    if (isShare(inFlight)) return [`${field}.inFlight`, noSize];
    if (healthy) return [`${field}.healthy.atLeast`, noSize];
  }
  const windows = limits.map(({ per }) => per);
  const again = windows.findIndex((per, at) => windows.indexOf(per) !== at);
  if (again >= 0)
    return [
      `${field}.limits.${again}.per`,
      `is ${sayDuration(windows[again]!)} a second time; one of the two never counts`,
    ];
  return first(limits, ({ most, per }, at) => {
    const cap = caps
      .filter((one) => one.scope === scope)
      .flatMap((one) => one.limits)
      .find((limit) => limit.per >= per && typeof most === "number" && most > (limit.most as number));
    return (
      cap && [
        `${field}.limits.${at}.most`,
        `is ${most} per ${sayDuration(per)}, above what the program caps at ${cap.most} per ${sayDuration(cap.per)}: it would hold nothing back; write less`,
      ]
    );
  });
}

/** Two that say different things of the same window in the same place: which one was meant is a guess. */
function overlap(budgets: readonly Budget[]): Flaw {
  const seen = new Map<string, string>();
  return first(budgets, ({ name, scope, operations, match, limits }, at) =>
    first(limits, ({ per }, index) => {
      const what = JSON.stringify([scope, operations && [...operations].sort(), match, per]);
      const other = seen.get(what);
      seen.set(what, name);
      return other === undefined || other === name
        ? undefined
        : [
            `budgets.${at}.limits.${index}.per`,
            `(${name}) is ${sayDuration(per)} for the same scope and operations as budget ${other}; keep one of them`,
          ];
    }),
  );
}

function flawOfCalendar({ spans, until, name, kind }: Calendar, field: string): Flaw {
  if (kind === "maintenance" && spans.length === 0)
    return [`${field}.spans`, `(${name}) is empty, so nothing would ever be allowed; write the windows`];
  return first(spans, ({ from, to }, at): Flaw => {
    if (from >= to) return [`${field}.spans.${at}`, "ends before it begins"];
    if (to > until) return [`${field}.spans.${at}.to`, "is later than the calendar's `until`"];
    const before = spans[at - 1];
    return before && before.to > from
      ? [`${field}.spans.${at}.from`, "overlaps the span before; sort and join them"]
      : undefined;
  });
}
