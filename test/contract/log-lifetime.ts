import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Bench, collect, eventually, readAll, record, topicOf } from "./log-tools.ts";

/** An orderly end. */
export const closeContract = ({ start }: Bench): void => {
  describe("close", () => {
    it("ends subscriptions after the handler that runs, which may still append and commit", async () => {
      const { log } = await start();
      const [topic, results] = [topicOf("work"), topicOf("results")];
      let finished = false;
      let begun = false;
      const subscription = log.subscribe({ topic, group: topicOf("g") }, async (batch, self) => {
        begun = true;
        await pause(20);
        await log.append([record(results, "k", "done")]);
        await self.commit(batch[0]!.partition, batch.at(-1)!.offset + 1);
        finished = true;
      });
      await log.append([record(topic, "k", "1")]);
      await eventually("the handler to run", () => begun);
      await log.close();
      expect(finished).toBe(true);
      await subscription.done;
    });

    it("refuses everything afterwards, and may be called again", async () => {
      const { log } = await start();
      const topic = topicOf("closed");
      await log.append([record(topic, "k", "1")]);
      await log.close();
      await log.close();
      await expect(log.append([record(topic, "k", "2")])).rejects.toMatchObject({ code: "log-closed" });
      await expect(log.end(topic)).rejects.toMatchObject({ code: "log-closed" });
      await expect(readAll(log, topic)).rejects.toMatchObject({ code: "log-closed" });
      expect(() => log.subscribe({ topic }, () => undefined)).toThrow(expect.objectContaining({ code: "log-closed" }));
    });
  });
};

/** What was confirmed outlives the process. */
export const reopenContract = ({ start, restart }: Bench): void => {
  describe("reopen", () => {
    it("still has what was appended, with positions and times", async () => {
      const under = await start();
      const topic = topicOf("durable");
      await under.log.append([record(topic, "a", "1", { h: "1" }), record(topic, "b", null)]);
      const before = await readAll(under.log, topic);
      const end = await under.log.end(topic);
      const log = await restart(under);
      expect(await readAll(log, topic)).toEqual(before);
      expect(await log.end(topic)).toBe(end);
    });

    it("writes what was appended before close and not waited for", async () => {
      const under = await start();
      const topic = topicOf("pending");
      const appends = Array.from({ length: 20 }, (_, n) => under.log.append([record(topic, "k", String(n))]));
      const log = await restart(under);
      await Promise.all(appends);
      expect((await readAll(log, topic)).map(({ value }) => value)).toEqual(
        Array.from({ length: 20 }, (_, n) => String(n)),
      );
    });

    it("goes on with higher offsets and times that do not fall", async () => {
      const under = await start();
      const topic = topicOf("onward");
      const [before] = await under.log.append([record(topic, "k", "1")]);
      const log = await restart(under);
      const [after] = await log.append([record(topic, "k", "2")]);
      expect(after!.offset).toBeGreaterThan(before!.offset);
      expect(after!.time).toBeGreaterThanOrEqual(before!.time);
      expect((await readAll(log, topic)).map(({ value }) => value)).toEqual(["1", "2"]);
    });

    it("repeats to a group only what it had not committed", async () => {
      const under = await start();
      const [topic, group] = [topicOf("restart"), topicOf("readers")];
      await under.log.append(Array.from({ length: 10 }, (_, n) => record(topic, "one key", String(n))));
      const first = under.log.subscribe({ topic, group, maxBatch: 3 }, async (batch, self) => {
        const last = batch.at(-1)!;
        if (Number(last.value) < 6) await self.commit(last.partition, last.offset + 1);
      });
      await first.caughtUp;
      const log = await restart(under);
      const second = collect(log, { topic, group });
      await second.subscription.caughtUp;
      expect(second.records.map(({ value }) => value)).toEqual(["6", "7", "8", "9"]);
    });
  });
};
