import { describe, expect, it } from "vitest";
import { type DueCheck, DueSet } from "./due-set.ts";

const check = (key: string, id: string, text = "x"): DueCheck => ({
  ...{ key, id, text, at: 0, tries: 0 },
  ...{ partition: 0, offset: 0 },
});
const ids = (checks: readonly DueCheck[]) => checks.map(({ id }) => id);

describe("DueSet", () => {
  it("keeps the latest of a key, in the place of the first", () => {
    const due = new DueSet();
    for (const [key, id] of [
      ["a", "a1"],
      ["b", "b1"],
      ["a", "a2"],
    ] as const)
      due.put(check(key, id));
    expect(due.waiting).toBe(2);
    expect(ids(due.take(10))).toEqual(["a2", "b1"]);
  });

  it("has one of a key in flight; what comes meanwhile goes when it is finished", () => {
    const due = new DueSet();
    due.put(check("a", "a1"));
    const [first] = due.take(10);
    due.put(check("a", "a2"));
    due.put(check("a", "a3"));
    expect([due.take(10), due.inFlight, due.isOutdated(first!)]).toEqual([[], 1, true]);
    due.finish(first!);
    expect(ids(due.take(10))).toEqual(["a3"]);
  });

  it("takes so many, or about so many characters, and one at least", () => {
    const due = new DueSet();
    for (const id of ["a", "b", "c", "d"]) due.put(check(id, id, "x".repeat(60)));
    expect(ids(due.take(1))).toEqual(["a"]);
    expect(ids(due.take(10, 130))).toEqual(["b", "c"]);
    expect(ids(due.take(10, 10))).toEqual(["d"]);
  });

  it("forgets a key that needs no check any more, also what waits behind one in flight", () => {
    const due = new DueSet();
    due.put(check("a", "a1"));
    due.put(check("b", "b1"));
    due.remove("b");
    const [first] = due.take(10);
    due.put(check("a", "a2"));
    due.remove("a");
    due.finish(first!);
    expect([due.waiting, due.inFlight]).toEqual([0, 0]);
  });

  it("knows what waits or is in flight, by key and id", () => {
    const due = new DueSet();
    due.put(check("a", "a1"));
    expect([due.has("a", "a1"), due.has("a", "a0")]).toEqual([true, false]);
    const [first] = due.take(1);
    due.put(check("a", "a2"));
    expect([due.has("a", "a1"), due.has("a", "a2")]).toEqual([true, true]);
    due.finish(first!);
    expect([due.has("a", "a1"), due.has("a", "a2")]).toEqual([false, true]);
  });
});
