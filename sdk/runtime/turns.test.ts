import { expect, it } from "vitest";
import { createTurns } from "./turns.ts";

it("never runs more at once, also where somebody comes as another one ends", async () => {
  const turns = createTurns(2);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (i: number) =>
    turns(async () => {
      order.push(i);
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      // In the very step in which a turn passes on.
      if (i < 20) void late.push(work(i + 20));
    });
  const late: Promise<void>[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, i) => work(i)));
  await Promise.all(late);
  expect(most).toBe(2);
  expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
});

it("passes on the turn of what failed", async () => {
  const turns = createTurns(1);
  const failing = turns(() => Promise.reject(new Error("no")));
  const next = turns(async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});

it("lets the first come first, or the newest", async () => {
  for (const [next, order] of [
    ["first", [0, 1, 2, 3]],
    ["newest", [0, 3, 2, 1]],
  ] as const) {
    const turns = createTurns(1, next);
    const done: number[] = [];
    await Promise.all([0, 1, 2, 3].map((i) => turns(async () => void done.push(i))));
    expect(done).toEqual(order);
  }
});
