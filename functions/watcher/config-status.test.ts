import { expect, it } from "vitest";
import { statusOf } from "./config-status.ts";

const NOW = Date.parse("2027-01-01T12:00:00.500Z");
const LATER = NOW + 60_000;

it("says that a resource counts, once", () => {
  const status = statusOf(undefined, 1, undefined, NOW)!;
  expect(status).toEqual({
    observedGeneration: 1,
    conditions: [
      {
        type: "Accepted",
        status: "True",
        reason: "Accepted",
        message: "It is in force.",
        observedGeneration: 1,
        lastTransitionTime: "2027-01-01T12:00:00Z",
      },
    ],
  });
  expect(statusOf(status, 1, undefined, LATER)).toBeUndefined();
  // Another generation is said, but is no turn.
  expect(statusOf(status, 2, undefined, LATER)?.conditions[0]).toMatchObject({
    observedGeneration: 2,
    lastTransitionTime: "2027-01-01T12:00:00Z",
  });
});

it("says why one does not count, since when, and what holds instead", () => {
  const before = statusOf(undefined, 1, undefined, NOW)!;
  const refused = statusOf(before, 2, { message: "ProbeConfig a: spec.for is wrong.", stands: true }, LATER)!;
  expect(refused.conditions[0]).toMatchObject({
    status: "False",
    reason: "Invalid",
    message: "ProbeConfig a: spec.for is wrong. What was accepted before stays in force.",
    lastTransitionTime: "2027-01-01T12:01:00Z",
  });
  expect(statusOf(refused, 2, { message: "m", stands: false }, LATER)?.conditions[0]?.message).toBe(
    "m Nothing of it is in force.",
  );
  expect(statusOf(undefined, 1, "shadowed", NOW)?.conditions[0]).toMatchObject({ reason: "Shadowed", status: "False" });
});

it("says who is refused because of it", () => {
  expect(statusOf(undefined, 1, undefined, NOW, ["ProbeConfig b", "ProbeConfig c"])?.conditions[0]?.message).toBe(
    "It is in force. Refused because of it: ProbeConfig b, ProbeConfig c.",
  );
});

it("keeps what others said, and says no more than an API server takes", () => {
  const other = { type: "Seen", status: "True", reason: "R", message: "m" } as never;
  const status = statusOf({ conditions: [other] }, 1, { message: "x".repeat(9_000), stands: false }, NOW)!;
  expect(status.conditions[0]).toBe(other);
  expect(status.conditions[1]?.message).toHaveLength(4_096);
});
