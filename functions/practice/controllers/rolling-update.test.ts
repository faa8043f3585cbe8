import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rollingStep, share } from "./rolling-update.ts";

describe("a rolling update", () => {
  it("never runs too many, never too few, and comes to its end", () => {
    const setup = fc.record({
      replicas: fc.integer({ min: 0, max: 12 }),
      maxSurge: fc.integer({ min: 0, max: 4 }),
      maxUnavailable: fc.integer({ min: 0, max: 4 }),
      begun: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(
        setup,
        fc.array(fc.nat(3), { maxLength: 10 }),
        ({ replicas, maxSurge, maxUnavailable, begun }, slowness) => {
          fc.pre(maxSurge + maxUnavailable > 0);
          const rolling = { replicas, maxSurge, maxUnavailable };
          const started = Math.min(begun, replicas);
          let fresh = { wanted: started, available: started };
          let old = [{ wanted: replicas - started, available: replicas - started }];
          for (let i = 0; i < 60; i++) {
            const step = rollingStep(rolling, fresh, old);
            const total = step.fresh + step.old.reduce((sum, one) => sum + one, 0);
            expect(total).toBeLessThanOrEqual(replicas + maxSurge);
            old = step.old.map((wanted, j) => ({ wanted, available: Math.min(wanted, old[j]!.available) }));
            // Some of the new ones become ready, sooner or later.
            const ready = Math.min(step.fresh, fresh.available + 1 + (slowness[i] ?? 0));
            fresh = { wanted: step.fresh, available: Math.min(ready, step.fresh) };
            const available = Math.min(fresh.available, step.fresh) + old.reduce((sum, one) => sum + one.available, 0);
            expect(available).toBeGreaterThanOrEqual(Math.min(replicas, replicas - maxUnavailable));
          }
          expect(fresh.wanted).toBe(replicas);
          expect(old.every(({ wanted }) => wanted === 0)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("waits for new pods that never become ready", () => {
    let fresh = { wanted: 0, available: 0 };
    let old = [{ wanted: 3, available: 3 }];
    for (let i = 0; i < 10; i++) {
      const step = rollingStep({ replicas: 3, maxSurge: 1, maxUnavailable: 0 }, fresh, old);
      fresh = { wanted: step.fresh, available: 0 };
      old = step.old.map((wanted) => ({ wanted, available: wanted }));
    }
    expect([fresh.wanted, old]).toEqual([1, [{ wanted: 3, available: 3 }]]);
  });

  it.each([
    ["25%", 3, Math.ceil, 1],
    ["25%", 3, Math.floor, 0],
    [undefined, 8, Math.floor, 2],
    [2, 8, Math.floor, 2],
    ["nonsense", 8, Math.floor, 0],
  ] as const)("a share of %s of %i", (value, of, round, wanted) => {
    expect(share(value, of, round)).toBe(wanted);
  });
});
