import { expect, it } from "vitest";
import { PendingChecks } from "./pending.ts";

it("believes every dispatcher's last word on its own cluster and epoch, for half a minute", () => {
  let now = 0;
  const pending = new PendingChecks({ cluster: "c", epoch: 2 }, { monotonic: () => now });
  const say = (by: string, ranges: [number, number][], of = {}) =>
    pending.hear({ cluster: "c", epoch: 2, by, ranges, ...of });
  say("a", [[3, 5]]);
  say("b", [[9, 9]]);
  say("x", [[20, 30]], { epoch: 1 });
  say("x", [[20, 30]], { cluster: "d" });
  expect([2, 3, 5, 6, 9, 25].map((seq) => pending.has(seq))).toEqual([false, true, true, false, true, false]);
  now = 20_000;
  say("a", [[4, 4]]);
  expect([pending.has(3), pending.has(4)]).toEqual([false, true]);
  now = 40_000;
  expect([pending.has(9), pending.has(4)]).toEqual([false, true]);
  now = 60_000;
  expect(pending.has(4)).toBe(false);
});
