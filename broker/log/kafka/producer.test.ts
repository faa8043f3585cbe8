import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RoundsmanError } from "#sdk/errors.ts";
import { deferred } from "../deferred.ts";
import { Lane } from "./lane.ts";
import { Leaders } from "./leaders.ts";
import type { ClusterView } from "./nodes.ts";
import { Producer } from "./producer.ts";
import { Trouble } from "./trouble.ts";
import type { Produce, Produced, WireError } from "./wire.ts";

/** A topic whose partitions are led as a test says, and what it takes of a producer. */
class FakeKafka {
  /** By partition; undefined = nobody. */
  readonly leads: (number | undefined)[] = [1, 1, 2];
  readonly warnings: RoundsmanError[] = [];
  readonly refused = new Map<string, Error>();
  readonly sent: { readonly node: number; readonly partitions: readonly number[] }[] = [];
  questions = 0;
  /** Nobody answers. */
  isAway = false;
  /** What becomes of a part; undefined = it is stored. */
  fails: (part: Produce) => WireError | undefined = () => undefined;
  answersAt = Promise.resolve();
  readonly trouble: Trouble;
  readonly producer: Producer;
  readonly #lanes = this.leads.map((_, partition) => new Lane("t", partition, { batchBytes: 1e6, batchRecords: 100 }));

  constructor() {
    const clock = { now: () => Date.now(), monotonic: () => performance.now() };
    this.trouble = new Trouble({ clock, brokers: "there", warn: (warning) => void this.warnings.push(warning) });
    this.producer = new Producer({
      clock,
      trouble: this.trouble,
      linger: 5,
      pack: false,
      leaders: new Leaders({ view: () => this.#view() }),
      send: (node, parts) => this.#send(node, parts),
    });
  }

  append(partition: number): Promise<void> {
    const answer = deferred<void>();
    answer.promise.catch(() => undefined);
    this.producer.push(this.#lanes[partition]!, {
      records: [{ record: { topic: "t", key: "[]", headers: {}, value: "v" }, mark: "w.1" }],
      bytes: 100,
      done: () => answer.resolve(),
      failed: (error) => answer.reject(error),
    });
    return answer.promise;
  }

  async #view(): Promise<ClusterView> {
    this.questions += 1;
    if (this.isAway) throw new Error("connection refused");
    const places = this.leads.map((leader) => ({ leader: leader ?? -1, replicas: 3 }));
    return {
      nodes: 3,
      controller: 1,
      topics: new Map(this.refused.has("t") ? [] : [["t", places]]),
      refused: this.refused,
    };
  }

  async #send(node: number, parts: readonly Produce[]): Promise<Produced[]> {
    if (this.isAway) throw new Error("connection refused");
    this.sent.push({ node, partitions: parts.map(({ partition }) => partition) });
    await this.answersAt;
    return parts.map((part) => {
      const error = this.leads[part.partition] === node ? this.fails(part) : errorOf("NOT_LEADER_FOR_PARTITION");
      return { topic: "t", partition: part.partition, base: 0, time: 1, ...(error === undefined ? {} : { error }) };
    });
  }
}

const errorOf = (type: string): WireError => Object.assign(new Error(type), { type });

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await vi.advanceTimersByTimeAsync(0);
  return settled;
};

describe("the producer", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("goes on by itself after a time in which nobody led the partition", async () => {
    const kafka = new FakeKafka();
    kafka.leads[0] = undefined;
    const append = kafka.append(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await isSettled(append)).toBe(false);
    expect(kafka.questions).toBeGreaterThan(10);
    // Nor does it ask without a pause.
    expect(kafka.questions).toBeLessThan(100);
    kafka.leads[0] = 2;
    await vi.advanceTimersByTimeAsync(3_000);
    await append;
    expect(kafka.sent).toEqual([{ node: 2, partitions: [0] }]);
  });

  it("goes on by itself after a time in which no broker answered", async () => {
    const kafka = new FakeKafka();
    await Promise.all([kafka.append(0), kafka.append(2), vi.advanceTimersByTimeAsync(100)]);
    kafka.isAway = true;
    const appends = [kafka.append(0), kafka.append(1), kafka.append(2)];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await isSettled(Promise.race(appends))).toBe(false);
    kafka.isAway = false;
    await vi.advanceTimersByTimeAsync(3_000);
    await Promise.all(appends);
  });

  it("sends what others lead while one partition has no leader, and says how long it lasts", async () => {
    const kafka = new FakeKafka();
    kafka.leads[0] = undefined;
    const held = kafka.append(0);
    for (let second = 0; second < 10; second++) {
      await Promise.all([kafka.append(1), kafka.append(2), vi.advanceTimersByTimeAsync(1_000)]);
    }
    expect(kafka.trouble.now).toMatchObject({
      code: "log-kafka-unreachable",
      details: { doing: "append", seconds: 10 },
    });
    expect(kafka.warnings).toHaveLength(1);
    kafka.leads[0] = 1;
    await vi.advanceTimersByTimeAsync(3_000);
    await held;
    expect(kafka.trouble.now).toBeUndefined();
  });

  it("says so too where a partition that is led takes nothing, whatever others take", async () => {
    const kafka = new FakeKafka();
    kafka.fails = ({ partition }) => (partition === 0 ? errorOf("NOT_ENOUGH_REPLICAS") : undefined);
    const held = kafka.append(0);
    for (let second = 0; second < 5; second++) {
      await Promise.all([kafka.append(1), kafka.append(2), vi.advanceTimersByTimeAsync(1_000)]);
    }
    expect(kafka.trouble.now?.message).toContain("NOT_ENOUGH_REPLICAS");
    kafka.fails = () => undefined;
    await vi.advanceTimersByTimeAsync(3_000);
    await held;
    expect(kafka.trouble.now).toBeUndefined();
  });

  it("sends what came while a request to the same node was on its way, when that ends", async () => {
    const kafka = new FakeKafka();
    const answer = deferred<void>();
    kafka.answersAt = answer.promise;
    const first = kafka.append(0);
    await vi.advanceTimersByTimeAsync(10);
    const later = [kafka.append(0), kafka.append(1)];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(kafka.sent).toEqual([{ node: 1, partitions: [0] }]);
    answer.resolve();
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all([first, ...later]);
    expect(kafka.sent.slice(1)).toEqual([{ node: 1, partitions: [1, 0] }]);
  });

  it("tells who appended where this user may not know of the topic", async () => {
    const kafka = new FakeKafka();
    kafka.refused.set("t", errorOf("TOPIC_AUTHORIZATION_FAILED"));
    const append = kafka.append(0);
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(append).rejects.toMatchObject({ code: "log-kafka-refused" });
    kafka.refused.clear();
    await Promise.all([kafka.append(0), vi.advanceTimersByTimeAsync(1_000)]);
  });
});
