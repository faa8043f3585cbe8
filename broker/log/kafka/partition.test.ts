import { describe, expect, it } from "vitest";
import { TOPICS } from "../../topics.ts";
import { partitionOf } from "./partition.ts";

const spread = (keys: readonly string[], of: (key: string) => number, partitions: number): number[] => {
  const counts = Array.from({ length: partitions }, () => 0);
  for (const key of keys) counts[of(key)]! += 1;
  return counts;
};

describe("the partition of a key", () => {
  it("never changes: the order per key rests on it", () => {
    const of = (key: string) => partitionOf(TOPICS.checks, key, 12);
    expect([of('["prod","a","b"]'), of('["ü"]'), of(""), of("{")]).toEqual([3, 11, 11, 5]);
  });

  it("is that of the part that partitions, where there is one", () => {
    const of = (key: unknown[]) => partitionOf(TOPICS.verdicts, JSON.stringify(key), 12);
    expect(new Set([of(["prod", "a", "b"]), of(["prod", "c", "d"]), of(["prod"])]).size).toBe(1);
    expect(of(["prod"])).toBe(partitionOf(TOPICS.ledger, '["prod", "x"]', 12));
    expect(new Set(Array.from({ length: 50 }, (_, n) => of([`cluster-${n}`]))).size).toBeGreaterThan(8);
  });

  it("is 0 where there is but one", () => {
    expect(partitionOf(TOPICS.findings, "anything", 1)).toBe(0);
  });

  it("spreads keys that hardly differ", () => {
    const keys = Array.from({ length: 12_000 }, (_, n) =>
      JSON.stringify(["prod", "network/duplicate-pod-ip", `10.0.0.${n}`]),
    );
    for (const count of spread(keys, (key) => partitionOf(TOPICS.checks, key, 12), 12)) {
      expect(count).toBeGreaterThan(800);
      expect(count).toBeLessThan(1_200);
    }
  });
});
