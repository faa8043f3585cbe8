import { durationMs } from "#sdk/case/duration.ts";
import { fault, isFault } from "#sdk/errors.ts";
import type { BudgetResource, DefenderResource } from "#sdk/resources/budget.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { expandCalendar } from "./calendars.ts";
import { createConfigCheck } from "./check-config.ts";
import { type Budget, CAPS, type Config, DEFAULT_SETTINGS, type Most } from "./config.ts";

const refuser =
  (where: string) =>
  (key: string, what: string): Error =>
    fault("config-invalid", { where, key, what });

/** `"80%"` as 80. All of a scope, or more, would hold nothing back. */
function percentOf(text: string, refuse: (what: string) => Error): number {
  const percent = Number(text.slice(0, -1));
  if (percent < 1 || percent > 99) throw refuse(`is ${text}; a share is from 1% to 99%`);
  return percent;
}

function budgetOf({ metadata: { name }, spec }: BudgetResource): Budget {
  const refuse = refuser(`Budget ${name}`);
  const most = (value: number | string, field: string): Most =>
    typeof value === "number" ? value : { percent: percentOf(value, (what) => refuse(field, what)) };
  const { scope, operations, match, limits = [], inFlight, healthy, of, whenSpent, override } = spec;
  return {
    name,
    scope,
    ...(operations && { operations }),
    ...(match && { match }),
    limits: limits.map((limit, at) => ({
      most: most(limit.most, `spec.limits.${at}.most`),
      per: durationMs(limit.per, `spec.limits.${at}.per`),
    })),
    ...(inFlight !== undefined && { inFlight: most(inFlight, "spec.inFlight") }),
    ...(healthy && {
      healthy: {
        atLeast: percentOf(healthy.atLeast, (what) => refuse("spec.healthy.atLeast", what)),
        coolDown: durationMs(healthy.coolDown ?? "0s", "spec.healthy.coolDown"),
      },
    }),
    ...(of !== undefined && { of }),
    ...(whenSpent && { whenSpent }),
    ...(override !== undefined && { override }),
  };
}

type Rest = Omit<Config, "budgets">;

function restOf(resource: DefenderResource | undefined, now: number, byThemselves: readonly string[]): Rest {
  const defaults = { ...DEFAULT_SETTINGS, dangerous: byThemselves };
  if (!resource) return { trust: [], calendars: [], settings: defaults };
  const refuse = refuser(`Defender ${resource.metadata.name}`);
  const { trust = [], calendars = [], dangerous, epsilon, notAfter, staleLeases } = resource.spec;
  return {
    trust: trust.map(({ match, level }) => ({ ...(match && { match }), level })),
    calendars: calendars.map((one, at) =>
      expandCalendar(one, now, (field, what) => refuse(`spec.calendars.${at}.${field}`, `(${one.name}) ${what}`)),
    ),
    settings: {
      ...defaults,
      ...(dangerous && { dangerous }),
      ...(epsilon !== undefined && { epsilon: durationMs(epsilon, "spec.epsilon") }),
      ...(notAfter !== undefined && { notAfter: durationMs(notAfter, "spec.notAfter") }),
      ...(staleLeases && {
        staleLeases: {
          percent: percentOf(staleLeases.share, (what) => refuse("spec.staleLeases.share", what)),
          atLeast: staleLeases.atLeast,
        },
      }),
    },
  };
}

/**
 * What the defender goes by, of the resources that people write: Budgets, and one Defender. Schedules are expanded from
 * `now` (unix ms) on, so it is worked out anew every day. `dangerous`: what needs a person's yes where the Defender does not
 * say otherwise. @throws config-invalid: names the resource and its field
 */
export function configOf(resources: readonly Resource[], now: number, dangerous: readonly string[] = []): Config {
  const budgets = resources.filter((one) => one.kind === "Budget");
  const [first, second] = resources.filter((one) => one.kind === "Defender");
  if (second)
    throw fault("config-invalid", {
      where: `Defender ${second.metadata.name}`,
      key: "metadata.name",
      what: `stands beside Defender ${first!.metadata.name}; there is one defender, so write both into one`,
    });
  const config: Config = { budgets: budgets.map(budgetOf), ...restOf(first, now, dangerous) };
  try {
    return createConfigCheck(CAPS)(config, "The configuration");
  } catch (e) {
    throw isFault(e, "config-invalid") ? placed(e, budgets, first) : e;
  }
}

/** Says the field as it is in the resource that somebody wrote. */
function placed(
  { details, message }: Error & { details: Readonly<Record<string, string | number>> },
  budgets: readonly BudgetResource[],
  defender: DefenderResource | undefined,
): Error {
  const [list, at, ...rest] = String(details.key).split(".");
  const budget = list === "budgets" ? budgets[Number(at)] : undefined;
  const what = String(details.what);
  if (budget) {
    const key = rest[0] === "name" ? "metadata.name" : ["spec", ...rest].join(".");
    return fault("config-invalid", { where: `Budget ${budget.metadata.name}`, key, what });
  }
  if (!defender)
    return fault("config-invalid", { where: "The configuration", key: String(details.key), what: what || message });
  const key = list === "settings" ? ["spec", at, ...rest] : ["spec", list, at, ...rest];
  return fault("config-invalid", {
    where: `Defender ${defender.metadata.name}`,
    key: key.filter((part) => part !== undefined).join("."),
    what,
  });
}
