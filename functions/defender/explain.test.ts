import { describe, expect, it } from "vitest";
import type { Decision, Reason } from "#sdk/operation/decision.ts";
import { sayDecision, sayReason } from "./explain.ts";

const at = Date.UTC(2027, 0, 1, 3, 0, 0);
const cluster = { scope: "cluster", names: ["eu-1"] } as const;
const decision = (more: Partial<Decision>): Decision => ({
  id: "i",
  matter: "m",
  outcome: "denied",
  offset: 7,
  time: at,
  operation: "drain",
  cluster: "eu-1",
  target: { kind: "Node", name: "gpu-7", uid: "u" },
  actor: "remedy",
  reasons: [],
  ...more,
});

describe("what the defender says", () => {
  it("of a grant", () => {
    expect(sayDecision(decision({ outcome: "granted", grant: { fence: 7, notAfter: at + 5_000 } }))).toBe(
      "Granted: drain of Node gpu-7 of eu-1, with fence 7; it must begin by 2027-01-01T03:00:05Z.",
    );
  });

  it("of a denial: each reason in a line, and when to ask again", () => {
    const reasons: Reason[] = [
      {
        code: "spent",
        budget: "cluster-hour",
        in: cluster,
        window: 3_600_000,
        limit: 3,
        used: 3,
        remains: 0,
        until: at + 60_000,
        override: "the on-call SRE",
      },
      { code: "brake", in: cluster, detail: "pulled by ana: strange reboots" },
    ];
    expect(sayDecision(decision({ reasons }))).toBe(
      [
        "Denied: drain of Node gpu-7 of eu-1.",
        "- Budget cluster-hour allows 3 per 1h in cluster eu-1; 3 were granted, 0 remain; it passes at 2027-01-01T03:01:00Z. Who may override: the on-call SRE.",
        "- The brake is on for cluster eu-1, pulled by ana: strange reboots.",
      ].join("\n"),
    );
    expect(sayDecision(decision({ reasons, retryAt: at + 60_000 })).split("\n")[0]).toBe(
      "Denied until 2027-01-01T03:01:00Z: drain of Node gpu-7 of eu-1.",
    );
  });

  it.each([
    [
      { code: "doubt", in: cluster, detail: "300 of 1000 node leases are stale, more than 20 %" },
      "the view itself is in doubt",
    ],
    [
      { code: "unhealthy", budget: "floor", in: cluster, detail: "6 of 10 are healthy" },
      "Budget floor allows nothing while",
    ],
    [
      { code: "trust", in: { scope: "pool", names: ["eu-1", ""] }, detail: "trusted to observe, drain needs drain" },
      "What has no pool in eu-1 is trusted to observe",
    ],
    [{ code: "not-initialised" }, "roundsman defender init"],
    [
      { code: "spent", budget: "b", in: cluster, window: 60_000, limit: 0, used: 0, remains: 0 },
      "rounds down to nothing",
    ],
    [
      { code: "in-flight", budget: "b", in: { scope: "fleet", names: [] }, limit: 1, used: 1, remains: 0 },
      "allows 1 under way at once in the fleet, and 1 is",
    ],
  ] as [Reason, string][])("of %o", (reason, words) => {
    expect(sayReason(reason)).toContain(words);
    expect(sayReason(reason)).toMatch(/^[A-Z].*\.$/);
  });
});
