import { expect, it } from "vitest";
import { Recent } from "./recent.ts";

it("remembers at least the latest half, and never more than all", () => {
  const recent = new Recent<number, string>(10);
  for (let n = 0; n < 1_000; n++) {
    recent.set(n, `${n}`);
    const known = Array.from({ length: n + 1 }, (_, key) => key).filter((key) => recent.has(key));
    expect(known.length).toBeLessThanOrEqual(10);
    for (let key = Math.max(0, n - 4); key <= n; key++) expect(recent.get(key)).toBe(`${key}`);
  }
});

it("knows the latest value of a key, and none of one that is deleted", () => {
  const recent = new Recent<string, number>(4);
  recent.set("a", 1);
  recent.set("b", 1);
  recent.set("a", 2);
  expect([recent.get("a"), recent.has("b"), recent.has("c")]).toEqual([2, true, false]);
  recent.delete("a");
  expect([recent.get("a"), recent.has("a")]).toEqual([undefined, false]);
});
