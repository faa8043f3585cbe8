import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Doubles, marker } from "./doubles.ts";

describe("doubles", () => {
  it("are known however often and late a batch is stored again, and nothing else is taken for one", () => {
    // Each writer's batches in order; each may be stored again, right after itself or later.
    const histories = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: 1, max: 4 }), fc.nat(3)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(histories, (history) => {
        const writers = { a: marker("a"), b: marker("b") };
        const stored: string[] = [];
        const late: { readonly at: number; readonly batch: readonly string[] }[] = [];
        for (const [writer, size, copies] of history) {
          const batch = Array.from({ length: size }, writers[writer as "a" | "b"]);
          stored.push(...batch);
          for (let n = 0; n < copies; n++) late.push({ at: stored.length, batch });
        }
        // From behind, so that the places stay.
        for (const { at, batch } of late.toReversed()) stored.splice(at, 0, ...batch);
        const doubles = new Doubles();
        const kept = stored.filter((mark) => !doubles.seen(mark));
        expect(kept.toSorted()).toEqual([...new Set(stored)].toSorted());
        for (const writer of ["a", "b"]) {
          const numbers = kept.filter((mark) => mark.startsWith(writer)).map((mark) => Number(mark.slice(2)));
          expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
        }
      }),
    );
  });

  it("are not made of what is sent anew on purpose", () => {
    const [mark, doubles] = [marker(), new Doubles()];
    expect([doubles.seen(mark()), doubles.seen(mark())]).toEqual([false, false]);
  });

  it("are not seen in marks that are none of ours", () => {
    const doubles = new Doubles();
    for (const mark of ["", ".", "x", "x.", "x.y", "x.1e3z", ".7", "x.-"]) {
      expect([doubles.seen(mark), doubles.seen(mark)]).toEqual([false, false]);
    }
  });

  it("forget the writer that was silent longest", () => {
    const doubles = new Doubles(2);
    for (const mark of ["a.1", "b.1", "a.2", "c.1"]) doubles.seen(mark);
    expect([doubles.seen("a.2"), doubles.seen("b.1")]).toEqual([true, false]);
  });
});
