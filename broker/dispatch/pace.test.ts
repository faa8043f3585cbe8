import { expect, it } from "vitest";
import { LowWater } from "./low-water.ts";
import { Pace } from "./pace.ts";

it("holds one that takes nothing, longer each time, and asks it one by one until it answers", () => {
  const pace = new Pace(8);
  expect([pace.allowed, pace.heldFor(0)]).toEqual([8, 0]);
  const held: number[] = [];
  let now = 0;
  for (let i = 0; i < 9; i++) {
    pace.hold(now);
    // Another flight hears the same.
    pace.hold(now);
    held.push(pace.heldFor(now));
    now += pace.heldFor(now);
  }
  expect(held).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  expect(pace.allowed).toBe(1);
  for (const allowed of [2, 4, 8, 8]) {
    pace.well();
    expect(pace.allowed).toBe(allowed);
  }
  pace.hold(now);
  expect(pace.heldFor(now)).toBe(100);
});

it("comes again when it is told to, but within a minute", () => {
  const pace = new Pace(1);
  pace.hold(0, 3_000);
  expect(pace.heldFor(0)).toBe(3_000);
  pace.hold(3_000, 1e9);
  expect(pace.heldFor(3_000)).toBe(60_000);
});

it("knows up to where a partition is done with, in whatever order", () => {
  const water = new LowWater();
  for (const offset of [5, 6, 9]) water.begin(0, offset);
  water.begin(3, 1);
  expect(water.risen()).toEqual([
    [0, 5],
    [3, 1],
  ]);
  water.end(0, 6);
  expect(water.risen()).toEqual([]);
  water.end(0, 5);
  expect(water.risen()).toEqual([[0, 9]]);
  water.end(0, 9);
  water.end(3, 1);
  expect(water.risen()).toEqual([
    [0, 10],
    [3, 2],
  ]);
  water.forget(0);
  water.end(0, 9);
  expect(water.risen()).toEqual([]);
});
