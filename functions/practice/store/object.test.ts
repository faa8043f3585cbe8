import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepFreeze, same, thaw } from "./object.ts";

describe("JSON values", () => {
  it("are the same when they are written the same, in whatever order", () => {
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, inner]) => [name, sorted(inner)]),
      );
    };
    const written = (value: unknown) => JSON.stringify(sorted(value));
    const small = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<unknown>(null, 0, 1, "", "a", true),
        fc.array(tie("value"), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom("a", "b"), tie("value"), { maxKeys: 2 }),
      ),
    })).value;
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(same(a, b)).toBe(written(a) === written(b));
        expect(same(a, sorted(a))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("take undefined for absent, and inherit nothing", () => {
    expect(same({ a: undefined }, {})).toBe(true);
    expect(same({}, { a: undefined })).toBe(true);
    expect(same({ a: null }, {})).toBe(false);
    expect(same({ toString: undefined, b: 1 }, { b: 1 })).toBe(true);
    expect(same({ constructor: Object }, {})).toBe(false);
    expect(same([], {})).toBe(false);
  });

  it("are copied to be written to", () => {
    const frozen = deepFreeze({ a: [{ b: 1 }] });
    const copy = thaw(frozen);
    copy.a[0]!.b = 2;
    expect([frozen.a[0]?.b, copy.a[0]?.b]).toEqual([1, 2]);
  });
});
