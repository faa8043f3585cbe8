import { describe, expect, it } from "vitest";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { claimEpoch } from "./epoch.ts";

const log = () => memoryLog({ clock: Date });

describe("claimEpoch", () => {
  it("counts up from claim to claim, each cluster by itself", async () => {
    const one = log();
    const numbers = [];
    for (const [cluster, who] of [
      ["a", "w1"],
      ["a", "w2"],
      ["b", "w3"],
    ] as const)
      numbers.push((await claimEpoch(one, cluster, who, () => undefined)).epoch);
    expect(numbers).toEqual([1, 2, 1]);
    await one.close();
  });

  it("gives of several that claim at once each a number of its own", async () => {
    const one = log();
    const held = await Promise.all(["w1", "w2", "w3", "w4"].map((who) => claimEpoch(one, "a", who, () => undefined)));
    expect(new Set(held.map(({ epoch }) => epoch)).size).toBe(4);
    await one.close();
  });

  it("tells the earlier watcher that a later one took the cluster, and not the later one", async () => {
    const one = log();
    const lost: string[] = [];
    const first = await claimEpoch(one, "a", "w1", () => lost.push("w1"));
    await first.subscription.caughtUp;
    const second = await claimEpoch(one, "a", "w2", () => lost.push("w2"));
    await second.subscription.caughtUp;
    while (lost.length === 0) await new Promise(setImmediate);
    expect(lost).toEqual(["w1"]);
    expect(second.previous).toBeGreaterThan(0);
    await one.close();
  });
});
