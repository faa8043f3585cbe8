import { describe, expect, it } from "vitest";
import { createConfigCheck } from "./check-config.ts";
import { type Budget, CAPS, type Calendar, type Config, DEFAULT_CONFIG, HOUR, MINUTE } from "./config.ts";

const check = createConfigCheck(CAPS);
const good: Budget = { name: "b", scope: "cluster", limits: [{ most: 5, per: HOUR }] };
const withBudget = (more: object): unknown => ({ ...DEFAULT_CONFIG, budgets: [{ ...good, ...more }] });
const withBudgets = (...budgets: Budget[]): Config => ({ ...DEFAULT_CONFIG, budgets });
const withCalendar = (more: object): unknown => {
  const calendar: Calendar = { name: "c", kind: "freeze", spans: [{ from: 1, to: 2 }], until: 9 };
  return { ...DEFAULT_CONFIG, calendars: [{ ...calendar, ...more }] };
};
const withSettings = (more: object): unknown => ({
  ...DEFAULT_CONFIG,
  settings: { ...DEFAULT_CONFIG.settings, ...more },
});

describe("a configuration", () => {
  it.each([
    DEFAULT_CONFIG,
    withBudget({}),
    withBudget({ limits: [{ most: { percent: 5 }, per: HOUR }], inFlight: 1 }),
    withCalendar({}),
  ])("that is good is taken as it is", (config) => expect(check(config, "x")).toBe(config));

  it.each([
    ["an unknown scope", withBudget({ scope: "planet" }), "budgets.0.scope must be one of fleet"],
    ["an unknown field", withBudget({ limit: 3 }), "budgets.0.limit is not known"],
    [
      "150 %",
      withBudget({ limits: [{ most: { percent: 150 }, per: HOUR }] }),
      "budgets.0.limits.0.most.percent must be <= 99",
    ],
    ["100 %", withBudget({ inFlight: { percent: 100 } }), "budgets.0.inFlight.percent must be <= 99"],
    [
      "half an operation",
      withBudget({ limits: [{ most: 0.5, per: HOUR }] }),
      "budgets.0.limits.0.most must be integer",
    ],
    [
      "a share of what has no size",
      withBudget({ scope: "owner", inFlight: { percent: 5 } }),
      'a scope "owner" has no size',
    ],
    ["no limit at all", withBudget({ limits: [] }), "budgets.0 (b) would allow everything"],
    [
      "a limit above the caps",
      withBudget({ limits: [{ most: 51, per: MINUTE }] }),
      "is 51 per 1m, above what the program caps at 50 per 10m",
    ],
    [
      "a window of 32 days",
      withBudget({ limits: [{ most: 1, per: 32 * 24 * HOUR }] }),
      "budgets.0.limits.0.per must be <=",
    ],
    [
      "a window twice",
      withBudget({
        limits: [
          { most: 1, per: HOUR },
          { most: 2, per: HOUR },
        ],
      }),
      "is 1h a second time",
    ],
    ["a name twice", withBudgets(good, { ...good, scope: "fleet" }), "budgets.1.name is b a second time"],
    ["a cap's name", withBudget({ name: "cap-fleet" }), "which is a cap of the program's"],
    [
      "two that overlap",
      withBudgets(good, { ...good, name: "other" }),
      "for the same scope and operations as budget b",
    ],
    [
      "a span that ends before it begins",
      withCalendar({ spans: [{ from: 5, to: 5 }] }),
      "calendars.0.spans.0 ends before it begins",
    ],
    [
      "spans that overlap",
      withCalendar({
        spans: [
          { from: 1, to: 5 },
          { from: 4, to: 6 },
        ],
      }),
      "calendars.0.spans.1.from overlaps",
    ],
    [
      "a span past the calendar's end",
      withCalendar({ spans: [{ from: 1, to: 10 }] }),
      "is later than the calendar's `until`",
    ],
    ["a maintenance that never is", withCalendar({ kind: "maintenance", spans: [] }), "nothing would ever be allowed"],
    [
      "an ε within a grant's time",
      withSettings({ epsilon: 5_500 }),
      "settings.epsilon is 5500 ms, but a grant holds 5000 ms",
    ],
    ["a grant that holds for a minute", withSettings({ notAfter: 60_000 }), "settings.notAfter must be <= 5000"],
    ["trust that is none", { ...DEFAULT_CONFIG, trust: [{ level: "yolo" }] }, "trust.0.level must be one of observe"],
  ])("is refused for %s, by its field", (_, config, sentence) => {
    expect(() => check(config, "The configuration")).toThrow(sentence);
  });
});
