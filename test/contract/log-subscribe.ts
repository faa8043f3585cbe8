import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Subscription } from "#broker/log/log.ts";
import { type Bench, byKey, collect, eventually, readAll, record, topicOf } from "./log-tools.ts";

/** Who subscribes gets every record once and in order, one call at a time. */
export const subscribeContract = ({ start }: Bench): void => {
  describe("subscribe", () => {
    it("delivers from the start what was there and what comes, once each, in order", async () => {
      const { log } = await start();
      const topic = topicOf("start");
      const before = Array.from({ length: 300 }, (_, n) => record(topic, `k${n % 3}`, `before ${n}`));
      const after = Array.from({ length: 300 }, (_, n) => record(topic, `k${n % 3}`, `after ${n}`));
      await log.append(before);
      const { records, subscription } = collect(log, { topic, maxBatch: 64 });
      for (let n = 0; n < after.length; n += 10) await log.append(after.slice(n, n + 10));
      await eventually("all records", () => records.length >= 600);
      expect(byKey(records)).toEqual(byKey([...before, ...after]));
      await subscription.close();
    });

    it("delivers what reading gives", async () => {
      const { log } = await start();
      const topic = topicOf("equal");
      const { records, subscription } = collect(log, { topic });
      await log.append([record(topic, "a", "1", { h: "x" }), record(topic, "a", null), record(topic, "a", "😀")]);
      await eventually("all records", () => records.length === 3);
      expect(records).toEqual(await readAll(log, topic));
      await subscription.close();
    });

    it("delivers from the end only what comes", async () => {
      const { log } = await start();
      const topic = topicOf("end");
      await log.append([record(topic, "k", "old")]);
      const { records, subscription } = collect(log, { topic, from: "end" });
      await subscription.caughtUp;
      await log.append([record(topic, "k", "new 1")]);
      await log.append([record(topic, "k", "new 2")]);
      await eventually("what is new", () => records.length >= 2);
      expect(byKey(records)).toEqual({ '["k"]': ["new 1", "new 2"] });
      await subscription.close();
    });

    it("delivers from an offset what stands there and what comes", async () => {
      const { log } = await start();
      const topic = topicOf("offset");
      const old = await log.append([record(topic, "k", "0"), record(topic, "k", "1"), record(topic, "k", "2")]);
      const { records, subscription } = collect(log, { topic, from: old[1]!.offset });
      await log.append([record(topic, "k", "3")]);
      await eventually("what follows", () => records.length >= 3);
      expect(byKey(records)).toEqual({ '["k"]': ["1", "2", "3"] });
      await subscription.close();
    });

    it("hands over at most maxBatch records of one partition at a time, never none", async () => {
      const { log } = await start();
      const topic = topicOf("batches");
      await log.append(Array.from({ length: 50 }, (_, n) => record(topic, `k${n}`, String(n))));
      const sizes: number[] = [];
      const partitions: number[] = [];
      const subscription = log.subscribe({ topic, maxBatch: 7 }, (batch) => {
        sizes.push(batch.length);
        partitions.push(new Set(batch.map(({ partition }) => partition)).size);
      });
      await subscription.caughtUp;
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(50);
      expect(Math.min(...sizes)).toBeGreaterThan(0);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
      expect(new Set(partitions)).toEqual(new Set([1]));
      await subscription.close();
    });

    it("calls a slow handler again only when it is done", async () => {
      const { log } = await start();
      const topic = topicOf("slow");
      let running = 0;
      let most = 0;
      let seen = 0;
      const subscription = log.subscribe({ topic, maxBatch: 2 }, async (batch) => {
        running += 1;
        most = Math.max(most, running);
        await pause(2);
        running -= 1;
        seen += batch.length;
      });
      for (let n = 0; n < 20; n++) await log.append([record(topic, `k${n}`, String(n))]);
      await eventually("all handled", () => seen === 20);
      expect(most).toBe(1);
      await subscription.close();
    });

    it("is caught up when the handler is done with what was there, and at once with nothing there", async () => {
      const { log } = await start();
      const topic = topicOf("caught-up");
      const empty = collect(log, { topic });
      await empty.subscription.caughtUp;
      await log.append(Array.from({ length: 20 }, (_, n) => record(topic, `k${n}`, String(n))));
      let handled = 0;
      const subscription = log.subscribe({ topic, maxBatch: 5 }, async (batch) => {
        await pause(1);
        handled += batch.length;
      });
      await subscription.caughtUp;
      expect(handled).toBeGreaterThanOrEqual(20);
      await subscription.close();
      await empty.subscription.close();
    });

    it("stops at a handler that throws, and says so in done and caughtUp", async () => {
      const { log } = await start();
      const topic = topicOf("throws");
      await log.append(Array.from({ length: 10 }, (_, n) => record(topic, "k", String(n))));
      const seen: (string | null)[] = [];
      const subscription = log.subscribe({ topic, maxBatch: 3 }, async (batch) => {
        seen.push(...batch.map(({ value }) => value));
        if (seen.length >= 6) throw new Error("no more of this");
      });
      await expect(subscription.done).rejects.toThrow("no more of this");
      await expect(subscription.caughtUp).rejects.toThrow("no more of this");
      await log.append([record(topic, "k", "later")]);
      await pause(20);
      expect(seen).toEqual(["0", "1", "2", "3", "4", "5"]);
      await subscription.close();
    });

    it("does not trouble others with one that throws", async () => {
      const { log } = await start();
      const topic = topicOf("neighbours");
      const failing: Subscription = log.subscribe({ topic }, () => {
        throw new Error("mine alone");
      });
      // It may fail before the append is answered.
      const failed = expect(failing.done).rejects.toThrow("mine alone");
      const { records, subscription } = collect(log, { topic });
      await log.append([record(topic, "k", "1")]);
      await failed;
      await log.append([record(topic, "k", "2")]);
      await eventually("both", () => records.length === 2);
      await subscription.close();
    });

    it("waits in close for the handler that runs, and calls it no more", async () => {
      const { log } = await start();
      const topic = topicOf("close");
      let running = false;
      let calls = 0;
      const subscription = log.subscribe({ topic, maxBatch: 1 }, async () => {
        calls += 1;
        running = true;
        await pause(30);
        running = false;
      });
      await log.append([record(topic, "k", "1"), record(topic, "k", "2"), record(topic, "k", "3")]);
      await eventually("the handler to run", () => running);
      const before = calls;
      await subscription.close();
      expect(running).toBe(false);
      await subscription.done;
      await log.append([record(topic, "k", "4")]);
      await pause(20);
      expect(calls).toBe(before);
    });

    it("rejects caughtUp when it is closed before", async () => {
      const { log } = await start();
      const topic = topicOf("early");
      await log.append(Array.from({ length: 5 }, (_, n) => record(topic, "k", String(n))));
      const subscription = log.subscribe({ topic, maxBatch: 1 }, (_, self) => void self.close());
      await expect(subscription.caughtUp).rejects.toMatchObject({ code: "log-subscription-closed" });
      await subscription.done;
    });

    it("lets a handler append to the topic it reads", async () => {
      const { log } = await start();
      const topic = topicOf("echo");
      const seen: (string | null)[] = [];
      const subscription = log.subscribe({ topic }, async (batch) => {
        for (const { value } of batch) {
          seen.push(value);
          if (Number(value) < 5) await log.append([record(topic, "k", String(Number(value) + 1))]);
        }
      });
      await log.append([record(topic, "k", "0")]);
      await eventually("the last echo", () => seen.length === 6);
      expect(seen).toEqual(["0", "1", "2", "3", "4", "5"]);
      await subscription.close();
    });
  });
};
