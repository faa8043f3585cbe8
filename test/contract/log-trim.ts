import { describe, expect, it } from "vitest";
import { type Bench, byKey, collect, eventually, readAll, record, topicOf } from "./log-tools.ts";

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => String(from + n));

/** What is not needed any more. Assumes nothing of when its room is given back. */
export const trimContract = (bench: Bench, reopens: boolean): void => {
  describe("trim", () => {
    /** Ten appends of one key in the topic, and as many of another topic between them. */
    const filled = async () => {
      const under = await bench.start();
      const [topic, other] = [topicOf("trimmed"), topicOf("other")];
      const offsets: number[] = [];
      for (const value of numbers(0, 10)) {
        const positions = await under.log.append([record(other, "o", value), record(topic, "k", value)]);
        offsets.push(positions[1]!.offset);
      }
      return { under, log: under.log, topic, other, offsets };
    };

    it("takes away what lies below, of that topic alone; what comes goes on from where it was", async () => {
      const { log, topic, other, offsets } = await filled();
      const end = await log.end(topic);
      await log.trim(topic, offsets[6]!);
      expect((await readAll(log, topic)).map(({ value, offset }) => [value, offset])).toEqual(
        numbers(6, 10).map((value) => [value, offsets[Number(value)]]),
      );
      expect((await readAll(log, topic, offsets[2])).map(({ value }) => value)).toEqual(numbers(6, 10));
      expect((await readAll(log, topic, offsets[8])).map(({ value }) => value)).toEqual(numbers(8, 10));
      expect((await readAll(log, other)).map(({ value }) => value)).toEqual(numbers(0, 10));
      expect(await log.end(topic)).toBe(end);
      const [position] = await log.append([record(topic, "k", "10")]);
      expect(position!.offset).toBeGreaterThanOrEqual(end);
      expect(byKey(await readAll(log, topic))).toEqual({ '["k"]': numbers(6, 11) });
    });

    it("beyond the end takes all that is there, and nothing of what comes; below an earlier one, nothing", async () => {
      const { log, topic, offsets } = await filled();
      await log.trim(topic, offsets[9]! + 1_000);
      expect(await readAll(log, topic)).toEqual([]);
      await log.trim(topic, offsets[3]!);
      expect(await readAll(log, topic)).toEqual([]);
      await log.append([record(topic, "k", "new")]);
      expect((await readAll(log, topic)).map(({ value }) => value)).toEqual(["new"]);
      await log.trim(topicOf("never"), 5);
    });

    it("lets one who subscribed below go on with what is left", async () => {
      const { log, topic, offsets } = await filled();
      const { records: seen, subscription: before } = collect(log, { topic, group: "g" });
      await before.caughtUp;
      await before.commit(seen[0]!.partition, offsets[1]!);
      await before.close();
      await log.trim(topic, offsets[7]!);
      for (const options of [{ topic }, { topic, group: "g" }]) {
        const { records, subscription } = collect(log, options);
        await subscription.caughtUp;
        await log.append([record(topic, "k", "later")]);
        await eventually("what came", () => records.at(-1)?.value === "later");
        expect(records.map(({ value }) => value).slice(0, 3)).toEqual(numbers(7, 10));
        await subscription.close();
      }
    });

    it("does not trouble one who is reading", async () => {
      const { log, topic, offsets } = await filled();
      await log.append(numbers(10, 2_000).map((value) => record(topic, "k", value)));
      const values: string[] = [];
      for await (const records of log.read(topic)) {
        values.push(...records.map(({ value }) => value!));
        await log.trim(topic, offsets[5]!);
      }
      expect(values.slice(-1_000)).toEqual(numbers(1_000, 2_000));
      expect(values).toEqual(numbers(Number(values[0]), 2_000));
    });

    it("refuses what is no offset", async () => {
      const { log } = await bench.start();
      for (const before of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
        await expect(log.trim(topicOf("t"), before)).rejects.toMatchObject({ code: "log-position-invalid" });
    });

    if (!reopens) return;
    it("holds after it was opened again", async () => {
      const { under, topic, other, offsets } = await filled();
      await under.log.trim(topic, offsets[6]!);
      const end = await under.log.end(topic);
      const log = await bench.restart(under);
      expect((await readAll(log, topic)).map(({ value }) => value)).toEqual(numbers(6, 10));
      expect((await readAll(log, other)).map(({ value }) => value)).toEqual(numbers(0, 10));
      expect(await log.end(topic)).toBe(end);
    });
  });
};
