import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Feed } from "./feed.ts";
import type { Fetch, Fetched, WireError } from "./wire.ts";

/** A feed of a topic whose partitions are led, and answer, as a test says. */
class FakeTopic {
  readonly leads: (number | undefined)[] = [1, 1, 2];
  readonly held: string[][] = [[], [], []];
  error: (partition: number) => WireError | undefined = () => undefined;
  isTroubled = false;
  readonly feed: Feed = new Feed({
    topic: "t",
    ahead: 4,
    leader: async (partition) => this.leads[partition],
    fetch: async (_, parts, wait) => {
      await new Promise((resolve) => setTimeout(resolve, wait));
      return parts.map((part) => this.#answer(part));
    },
    start: async () => 0,
    stale: () => undefined,
    met: () => {
      this.isTroubled = true;
    },
    over: () => {
      this.isTroubled = false;
    },
    gone: () => undefined,
    wake: () => undefined,
  });

  assign(...partitions: number[]): void {
    this.feed.assign(new Map(partitions.map((partition) => [partition, { from: 0, target: 0 }])));
  }

  /** All that is handed out within so many ms. */
  async taken(ms: number): Promise<(string | null)[]> {
    const values: (string | null)[] = [];
    for (let at = 0; at < ms; at += 20) {
      await vi.advanceTimersByTimeAsync(20);
      values.push(...this.feed.take(100).records.map(({ value }) => value));
    }
    return values;
  }

  #answer({ partition, from }: Fetch): Fetched {
    const error = this.error(partition);
    const values = this.held[partition]!;
    const base = { topic: "t", partition, start: 0, end: values.length };
    if (error !== undefined) return { ...base, records: [], next: from, error };
    const records = values.slice(from, from + 4).map((value, at) => ({
      record: { topic: "t", partition, offset: from + at, time: 1, key: "[]", headers: {}, value },
    }));
    return { ...base, records, next: from + records.length };
  }
}

describe("the feed", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("reads what others lead while nobody leads one partition, and that one afterwards", async () => {
    const topic = new FakeTopic();
    topic.leads[0] = undefined;
    topic.assign(0, 1, 2);
    topic.held[0]!.push("late");
    topic.held[1]!.push("a");
    topic.held[2]!.push("b");
    expect((await topic.taken(3_000)).toSorted()).toEqual(["a", "b"]);
    expect(topic.isTroubled).toBe(true);
    topic.held[1]!.push("c");
    expect(await topic.taken(3_000)).toEqual(["c"]);
    expect(topic.isTroubled).toBe(true);
    topic.leads[0] = 2;
    expect(await topic.taken(3_000)).toEqual(["late"]);
    expect(topic.isTroubled).toBe(false);
    topic.feed.close();
  });

  it("says that one partition cannot be read for as long as it cannot, whatever others give", async () => {
    const topic = new FakeTopic();
    topic.error = (partition) =>
      partition === 0 ? Object.assign(new Error(), { type: "UNKNOWN_LEADER_EPOCH" }) : undefined;
    topic.assign(0, 1);
    topic.held[1]!.push("a");
    expect(await topic.taken(3_000)).toEqual(["a"]);
    expect(topic.isTroubled).toBe(true);
    // Another member has it by now.
    topic.assign(1);
    expect(topic.isTroubled).toBe(false);
    topic.feed.close();
  });

  it("hands out nothing of a partition that was lost, also of what is on its way", async () => {
    const topic = new FakeTopic();
    topic.assign(0);
    topic.held[0]!.push("a", "b");
    await vi.advanceTimersByTimeAsync(100);
    topic.feed.lose();
    topic.assign(1);
    topic.held[1]!.push("c");
    expect(await topic.taken(3_000)).toEqual(["c"]);
    topic.feed.close();
  });
});
