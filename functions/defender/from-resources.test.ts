import { describe, expect, it } from "vitest";
import { createResourceReader } from "#sdk/resources/read.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { DAY, DEFAULT_SETTINGS, HOUR, MINUTE } from "./config.ts";
import { configOf } from "./from-resources.ts";

const NOW = Date.parse("2026-03-20T12:00:00Z");
const read = createResourceReader();
const of = (kind: string, spec: object, name = "x"): Resource =>
  read({ apiVersion: "roundsman.dev/v1alpha1", kind, metadata: { name }, spec }, "x.yaml");
const budget = (spec: object, name?: string) => of("Budget", spec, name);
const defender = (spec: object, name?: string) => of("Defender", spec, name);
const utc = (text: string) => Date.parse(`${text}:00Z`);
const spansOf = (calendar: object) =>
  configOf([defender({ calendars: [{ name: "c", kind: "freeze", ...calendar }] })], NOW).calendars[0]!.spans;

describe("what resources say", () => {
  it("becomes budgets, trust and settings", () => {
    const resources = [
      budget({ scope: "cluster", limits: [{ most: "5%", per: "10m" }], healthy: { atLeast: "80%" } }, "nodes"),
      budget({ scope: "owner", operations: ["drain"], limits: [{ most: 3, per: "1h" }], whenSpent: "latch" }, "owners"),
      defender({ trust: [{ match: { pool: ["spot-*"] }, level: "act" }], dangerous: ["drain"], epsilon: "8s" }),
    ];
    expect(configOf(resources, NOW)).toEqual({
      budgets: [
        {
          name: "nodes",
          scope: "cluster",
          limits: [{ most: { percent: 5 }, per: 10 * MINUTE }],
          healthy: { atLeast: 80, coolDown: 0 },
        },
        { name: "owners", scope: "owner", operations: ["drain"], limits: [{ most: 3, per: HOUR }], whenSpent: "latch" },
      ],
      trust: [{ match: { pool: ["spot-*"] }, level: "act" }],
      calendars: [],
      settings: { ...DEFAULT_SETTINGS, dangerous: ["drain"], epsilon: 8_000 },
    });
  });

  it("leaves it to a person's yes what is dangerous by itself, unless it says otherwise", () => {
    expect(configOf([], NOW, ["webhook"]).settings.dangerous).toEqual(["webhook"]);
    expect(configOf([defender({})], NOW, ["webhook"]).settings.dangerous).toEqual(["webhook"]);
    expect(configOf([defender({ dangerous: [] })], NOW, ["webhook"]).settings.dangerous).toEqual([]);
  });

  it("is nothing where nobody said anything: then nothing is granted", () => {
    expect(configOf([], NOW)).toEqual({ budgets: [], trust: [], calendars: [], settings: DEFAULT_SETTINGS });
  });
});

describe("calendars", () => {
  it("are expanded in their own time zone, over a change of the clocks", () => {
    const nights = spansOf({ schedule: "0 22 * * *", duration: "8h", timeZone: "Europe/Berlin" });
    expect(nights.slice(0, 1)).toEqual([{ from: utc("2026-03-20T21:00"), to: utc("2026-03-21T05:00") }]);
    expect(nights.find(({ from }) => from > utc("2026-03-29T12:00"))).toEqual({
      from: utc("2026-03-29T20:00"),
      to: utc("2026-03-30T04:00"),
    });
    expect(nights.length).toBeGreaterThan(58);
  });

  it("count what has begun already, and join what meets", () => {
    expect(spansOf({ schedule: "0 6 * * *", duration: "12h" })[0]).toEqual({
      from: utc("2026-03-20T06:00"),
      to: utc("2026-03-20T18:00"),
    });
    expect(spansOf({ schedule: "0 * * * *", duration: "1h" })).toHaveLength(1);
  });

  it("are known for ever where they are written out, else for sixty days", () => {
    const spans = [{ from: "2026-12-20T00:00:00Z", to: "2027-01-05T00:00:00+01:00" }];
    const [fixed, repeated] = configOf(
      [
        defender({
          calendars: [
            { name: "a", kind: "freeze", spans },
            { name: "b", kind: "maintenance", schedule: "0 1 * * 6", duration: "4h" },
          ],
        }),
      ],
      NOW,
    ).calendars;
    expect(fixed).toMatchObject({ spans: [{ from: utc("2026-12-20T00:00"), to: utc("2027-01-04T23:00") }] });
    expect(fixed!.until).toBeGreaterThan(NOW + 10_000 * DAY);
    expect(repeated!.until).toBe(NOW + 60 * DAY);
  });
});

describe("a mistake is refused by its resource and its field", () => {
  const calendar = (spec: object) => () => [defender({ calendars: [{ name: "c", kind: "freeze", ...spec }] })];
  const limited = (most: number | string, per = "10m", scope = "cluster") => budget({ scope, limits: [{ most, per }] });
  it.each<[string, () => Resource[], string]>([
    ["an unknown scope", () => [budget({ scope: "planet" })], "x.yaml: spec.scope must be one of fleet, cluster,"],
    ["150 %", () => [limited("150%")], "Budget x: spec.limits.0.most is 150%; a share is from 1% to 99%."],
    ["100 %", () => [limited("100%")], "Budget x: spec.limits.0.most is 100%"],
    ["no share", () => [limited("a few")], 'x.yaml: spec.limits.0.most must be a share, such as "10%".'],
    ["no count", () => [limited(-1)], "x.yaml: spec.limits.0.most must be >= 0."],
    ["no duration", () => [limited(1, "10")], "x.yaml: spec.limits.0.per must be a duration"],
    ["more than the caps", () => [limited(500)], "Budget x: spec.limits.0.most is 500 per 10m, above what the program"],
    ["all of it allowed", () => [budget({ scope: "cluster" })], "Budget x: spec (x) would allow everything"],
    ["a share of what has no size", () => [limited("5%", "10m", "owner")], "Budget x: spec.limits.0.most is a share"],
    [
      "two that overlap",
      () => [limited(3), budget({ scope: "cluster", limits: [{ most: 5, per: "600s" }] }, "y")],
      "Budget y: spec.limits.0.per (y) is 10m for the same scope and operations as budget x",
    ],
    [
      "a cap's name",
      () => [budget({ scope: "fleet", inFlight: 1 }, "cap-fleet")],
      "Budget cap-fleet: metadata.name is",
    ],
    ["two defenders", () => [defender({}, "a"), defender({}, "b")], "Defender b: metadata.name stands beside"],
    ["no ε beyond a grant", () => [defender({ epsilon: "5s" })], "Defender x: spec.epsilon is 5000 ms, but a grant"],
    [
      "no schedule",
      calendar({ schedule: "every day", duration: "1h" }),
      "Defender x: spec.calendars.0.schedule (c) is",
    ],
    ["never", calendar({ schedule: "0 0 30 2 *", duration: "1h" }), 'is "0 0 30 2 *", which never comes'],
    ["no zone", calendar({ schedule: "0 0 * * *", duration: "1h", timeZone: "Mars" }), "spec.calendars.0.timeZone (c)"],
    ["no length", calendar({ schedule: "0 0 * * *" }), "Defender x: spec.calendars.0.duration (c) is missing"],
    [
      "both",
      calendar({ schedule: "0 0 * * *", spans: [{ from: "a", to: "b" }] }),
      "spec.calendars.0.spans (c) must be",
    ],
    ["backwards", calendar({ spans: [{ from: "2027-01-02T00:00:00Z", to: "2027-01-01T00:00:00Z" }] }), "is not after"],
    [
      "no zone in a time",
      calendar({ spans: [{ from: "2027-01-02", to: "2027-01-03" }] }),
      "write a time with its zone",
    ],
    [
      "a word too much",
      () => [budget({ scope: "cluster", inflight: 2 })],
      'spec.inflight is not known; did you mean "inFlight"?',
    ],
  ])("%s", (_, resources, sentence) => {
    let said = "nothing";
    try {
      configOf(resources(), NOW);
    } catch (e) {
      said = (e as Error).message;
    }
    expect(said).toContain(sentence);
  });
});
