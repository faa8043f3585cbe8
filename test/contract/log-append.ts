import { describe, expect, it } from "vitest";
import type { LogRecord, NewRecord } from "#broker/log/log.ts";
import { type Bench, byKey, collect, eventually, place, readAll, record, topicOf } from "./log-tools.ts";

/** What goes in comes out: records, their order, their positions. */
export const appendContract = ({ start }: Bench): void => {
  describe("append and read", () => {
    it("gives back topic, key, headers and value as they were", async () => {
      const { log } = await start();
      const topic = topicOf("same");
      const given = [
        record(topic, "a", '{"n":1}', { type: "dev.roundsman.test.v1", id: "1" }),
        record(topic, "a", "", {}),
        record(topic, "b", "plain", { empty: "" }),
      ];
      await log.append(given);
      const got = await readAll(log, topic);
      expect(got.map(({ topic, key, headers, value }) => ({ topic, key, headers, value }))).toEqual(
        expect.arrayContaining(given),
      );
      expect(got).toHaveLength(given.length);
    });

    it("keeps tombstones apart from empty values", async () => {
      const { log } = await start();
      const topic = topicOf("tombstone");
      await log.append([record(topic, "k", "x"), record(topic, "k", null), record(topic, "k", "")]);
      expect(byKey(await readAll(log, topic))).toEqual({ '["k"]': ["x", null, ""] });
    });

    it("keeps Unicode, in keys, headers and values", async () => {
      const { log } = await start();
      const topic = topicOf("unicode");
      const text = 'Grüße, Ωμέγα, 漢字, 👩‍🚀, \u0000 \u2028 \\u0041 "quoted" \uFEFF';
      await log.append([
        record(topic, text, JSON.stringify({ text }), { text, näme: "ß" }),
        record(topic, "ascii", text),
      ]);
      const got = await readAll(log, topic);
      expect(byKey(got)).toEqual({ [JSON.stringify([text])]: [JSON.stringify({ text })], '["ascii"]': [text] });
      expect(got.find(({ value }) => value !== text)?.headers).toEqual({ text, näme: "ß" });
    });

    it("keeps a value of 4 MiB and refuses a longer one, with nothing of its append", async () => {
      const { log } = await start();
      const topic = topicOf("large");
      const largest = "é".repeat(2 * 1024 * 1024);
      await log.append([record(topic, "k", largest)]);
      await expect(log.append([record(topic, "k", "before"), record(topic, "k", `${largest}x`)])).rejects.toMatchObject(
        {
          code: "log-record-too-large",
        },
      );
      const got = await readAll(log, topic);
      expect(got).toHaveLength(1);
      expect(got[0]!.value === largest).toBe(true);
    });

    it("refuses what is no record", async () => {
      const { log } = await start();
      const topic = topicOf("invalid");
      const wrong: unknown[] = [
        { ...record(topic, "k", "v"), topic: "with blank" },
        { ...record(topic, "k", "v"), topic: "" },
        { ...record(topic, "k", "v"), key: 1 },
        { ...record(topic, "k", "v"), value: undefined },
        { ...record(topic, "k", "v"), headers: { n: 1 } },
      ];
      for (const one of wrong) {
        await expect(log.append([one as NewRecord])).rejects.toMatchObject({ code: "log-record-invalid" });
      }
      await expect(log.append([record(topic, "k".repeat(9000), "v")])).rejects.toMatchObject({
        code: "log-record-too-large",
      });
      expect(await readAll(log, topic)).toEqual([]);
    });

    it("answers with a position per record, in the order given, and takes none for none", async () => {
      const { log } = await start();
      const [one, two] = [topicOf("one"), topicOf("two")];
      const given = [record(one, "a", "1"), record(two, "a", "2"), record(one, "b", "3"), record(one, "a", "4")];
      const positions = await log.append(given);
      expect(positions.map(({ topic }) => topic)).toEqual(given.map(({ topic }) => topic));
      const held = [...(await readAll(log, one)), ...(await readAll(log, two))];
      for (const [at, position] of positions.entries()) {
        const there = held.find(
          (r) => r.topic === position.topic && r.partition === position.partition && r.offset === position.offset,
        );
        expect(there).toMatchObject({ ...given[at], ...place(position) });
      }
      expect(await log.append([])).toEqual([]);
    });

    it("keeps the order per key over many appends in flight", async () => {
      const { log } = await start();
      const topic = topicOf("order");
      const appends: Promise<unknown>[] = [];
      const given: NewRecord[] = [];
      for (let n = 0; n < 300; n++) {
        const batch = Array.from({ length: 1 + (n % 3) }, (_, i) => record(topic, `k${(n + i) % 5}`, `${n}.${i}`));
        given.push(...batch);
        appends.push(log.append(batch));
      }
      await Promise.all(appends);
      expect(byKey(await readAll(log, topic))).toEqual(byKey(given));
    });

    it("lets offsets rise and times never fall within a partition", async () => {
      const { log } = await start();
      const topic = topicOf("rising");
      for (let n = 0; n < 10; n++) await log.append([record(topic, `k${n % 4}`, "a"), record(topic, `k${n % 4}`, "b")]);
      const last = new Map<number, LogRecord>();
      for (const one of await readAll(log, topic)) {
        const before = last.get(one.partition);
        if (before !== undefined) {
          expect(one.offset).toBeGreaterThan(before.offset);
          expect(one.time).toBeGreaterThanOrEqual(before.time);
        }
        last.set(one.partition, one);
      }
    });

    it("reads from an offset: that record and every later one of its partition, none before", async () => {
      const { log } = await start();
      const topic = topicOf("from");
      const positions = await log.append(Array.from({ length: 40 }, (_, n) => record(topic, "one key", String(n))));
      const from = positions[25]!;
      const got = (await readAll(log, topic, from.offset)).filter(({ partition }) => partition === from.partition);
      expect(got.map(({ value }) => value)).toEqual(Array.from({ length: 15 }, (_, i) => String(25 + i)));
    });

    it("reads what the topic holds now, and an empty topic as nothing", async () => {
      const { log } = await start();
      const topic = topicOf("now");
      expect(await readAll(log, topic)).toEqual([]);
      await log.append([record(topic, "k", "1")]);
      const reading = log.read(topic);
      await log.append([record(topic, "k", "2")]);
      const got: LogRecord[] = [];
      for await (const batch of reading) got.push(...batch);
      expect(got[0]?.value).toBe("1");
      expect(byKey(await readAll(log, topic))).toEqual({ '["k"]': ["1", "2"] });
    });

    it("keeps a reader that stops half-way from harm", async () => {
      const { log } = await start();
      const topic = topicOf("half");
      await log.append(Array.from({ length: 2000 }, (_, n) => record(topic, "k", String(n))));
      for await (const batch of log.read(topic)) {
        expect(batch[0]!.value).toBe("0");
        break;
      }
      expect(await readAll(log, topic)).toHaveLength(2000);
    });

    it("says an end that no later record falls below", async () => {
      const { log } = await start();
      const topic = topicOf("end");
      const ends = [await log.end(topic)];
      for (let n = 0; n < 5; n++) {
        const [next] = await log.append([record(topic, `k${n}`, String(n))]);
        expect(next!.offset).toBeGreaterThanOrEqual(ends.at(-1)!);
        ends.push(await log.end(topic));
      }
      expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    });

    it("keeps many topics apart", async () => {
      const { log } = await start();
      const topics = Array.from({ length: 20 }, (_, n) => topicOf(`many${n}`));
      for (let n = 0; n < 3; n++) await log.append(topics.map((topic) => record(topic, "k", `${topic} ${n}`)));
      for (const topic of topics) {
        expect((await readAll(log, topic)).map(({ value }) => value)).toEqual([0, 1, 2].map((n) => `${topic} ${n}`));
      }
    });

    it("does not notice what a caller does to its records afterwards", async () => {
      const { log } = await start();
      const topic = topicOf("mutated");
      const { records, subscription } = collect(log, { topic });
      const headers = { id: "1" };
      const batch = [record(topic, "k", "v", headers)];
      const appended = log.append(batch);
      headers.id = "2";
      batch.pop();
      expect(await appended).toHaveLength(1);
      await eventually("the record", () => records.length === 1);
      expect(records[0]!.headers).toEqual({ id: "1" });
      expect((await readAll(log, topic))[0]!.headers).toEqual({ id: "1" });
      await subscription.close();
    });
  });
};
