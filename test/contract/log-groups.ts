import { describe, expect, it } from "vitest";
import { type Bench, collect, eventually, record, topicOf } from "./log-tools.ts";

/** What a group commits is where it goes on. */
export const groupsContract = ({ start }: Bench): void => {
  describe("groups", () => {
    it("goes on where the group committed, repeating only what was not", async () => {
      const { log } = await start();
      const topic = topicOf("group");
      const group = topicOf("readers");
      await log.append(Array.from({ length: 10 }, (_, n) => record(topic, "one key", String(n))));
      const first = log.subscribe({ topic, group, maxBatch: 4 }, async (batch, self) => {
        const last = batch.at(-1)!;
        if (Number(batch[0]!.value) < 4) await self.commit(last.partition, last.offset + 1);
      });
      await first.caughtUp;
      await first.close();
      const second = collect(log, { topic, group });
      await second.subscription.caughtUp;
      expect(second.records.map(({ value }) => value)).toEqual(["4", "5", "6", "7", "8", "9"]);
      await second.subscription.close();
    });

    it("keeps groups apart, and begins at `from` where nothing was committed", async () => {
      const { log } = await start();
      const topic = topicOf("apart");
      await log.append([record(topic, "k", "1"), record(topic, "k", "2")]);
      const done = log.subscribe({ topic, group: topicOf("a") }, async (batch, self) => {
        await self.commit(batch[0]!.partition, batch.at(-1)!.offset + 1);
      });
      await done.caughtUp;
      await done.close();
      const other = collect(log, { topic, group: topicOf("b") });
      await other.subscription.caughtUp;
      expect(other.records.map(({ value }) => value)).toEqual(["1", "2"]);
      const atEnd = collect(log, { topic, group: topicOf("c"), from: "end" });
      await atEnd.subscription.caughtUp;
      await log.append([record(topic, "k", "3")]);
      await eventually("the third", () => atEnd.records.length > 0);
      expect(atEnd.records.map(({ value }) => value)).toEqual(["3"]);
      await other.subscription.close();
      await atEnd.subscription.close();
    });

    it("remembers nothing without a group", async () => {
      const { log } = await start();
      const topic = topicOf("none");
      await log.append([record(topic, "k", "1")]);
      const first = log.subscribe({ topic }, async (batch, self) => {
        await self.commit(batch[0]!.partition, batch.at(-1)!.offset + 1);
      });
      await first.caughtUp;
      await first.close();
      const second = collect(log, { topic });
      await second.subscription.caughtUp;
      expect(second.records).toHaveLength(1);
      await second.subscription.close();
    });

    it("commits also before anything was handed over", async () => {
      const { log } = await start();
      const [topic, group] = [topicOf("at-once"), topicOf("readers")];
      const positions = await log.append([record(topic, "k", "1"), record(topic, "k", "2"), record(topic, "k", "3")]);
      const { partition, offset } = positions[1]!;
      const first = log.subscribe({ topic, group }, () => undefined);
      await first.commit(partition, offset);
      await first.close();
      const second = collect(log, { topic, group });
      await second.subscription.caughtUp;
      expect(second.records.map(({ value }) => value)).toEqual(["2", "3"]);
      await second.subscription.close();
    });

    it("refuses to commit what is no offset", async () => {
      const { log } = await start();
      const topic = topicOf("no-offset");
      const { subscription } = collect(log, { topic, group: topicOf("g") });
      for (const offset of [-1, 1.5, Number.NaN]) {
        await expect(subscription.commit(0, offset)).rejects.toMatchObject({ code: "log-position-invalid" });
      }
      await subscription.close();
    });
  });
};
