import { expect, it } from "vitest";
import { Suspects } from "./suspects.ts";

it("runs a case again at once after it ended one thread", () => {
  const suspects = new Suspects();
  suspects.strike("a", 0);
  expect([suspects.any, suspects.heldBack("a", 0)]).toEqual([true, 0]);
});

it("holds a case back that does it again, longer each time, and at most five minutes", () => {
  const suspects = new Suspects();
  suspects.strike("a", 0);
  const held = [];
  for (let i = 0; i < 9; i++) {
    suspects.strike("a", 1_000);
    held.push(suspects.heldBack("a", 1_000));
  }
  expect(held).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  expect(suspects.heldBack("a", 301_000)).toBe(0);
  expect(suspects.heldBack("b", 1_000)).toBe(0);
});

it("forgets it once it answers", () => {
  const suspects = new Suspects();
  suspects.strike("a", 0);
  suspects.strike("a", 0);
  suspects.clear("a");
  expect([suspects.any, suspects.heldBack("a", 0)]).toEqual([false, 0]);
});
