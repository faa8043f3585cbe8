import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Log, LogRecord, NewRecord, Position, Subscription } from "#broker/log/log.ts";

/** A driver under test, freshly opened. */
export interface LogUnderTest {
  readonly log: Log;
  /** Closes nothing: the caller closes `log`, then this opens the same records again. Left out where they do not outlive it. */
  reopen?(): Promise<Log>;
  /** Removes what the driver left behind. */
  dispose?(): Promise<void>;
}

/** Long enough for a broker over a network; what is there sooner is seen sooner. */
const PATIENCE = 15_000;

const eventually = async (what: string, holds: () => boolean): Promise<void> => {
  for (const end = Date.now() + PATIENCE; !holds(); await pause(2)) {
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`);
  }
};

const record = (topic: string, key: string, value: string | null, headers: Record<string, string> = {}): NewRecord => ({
  topic,
  key: JSON.stringify([key]),
  headers,
  value,
});

const readAll = async (log: Log, topic: string, from?: number): Promise<LogRecord[]> => {
  const all: LogRecord[] = [];
  for await (const batch of log.read(topic, from === undefined ? {} : { from })) {
    expect(batch.length).toBeGreaterThan(0);
    expect(new Set(batch.map(({ partition }) => partition)).size).toBe(1);
    all.push(...batch);
  }
  return all;
};

/** Values per key, in the order of the records: the only order that is promised. */
const byKey = (records: readonly NewRecord[]): Record<string, (string | null)[]> => {
  const values: Record<string, (string | null)[]> = {};
  for (const { key, value } of records) values[key] = [...(values[key] ?? []), value];
  return values;
};

const place = ({ topic, partition, offset, time }: Position): Position => ({ topic, partition, offset, time });

/** What every driver of `Log` must do. Assumes neither one partition, nor dense offsets, nor speed. */
export const logContract = (
  name: string,
  open: () => Promise<LogUnderTest>,
  { reopens = true }: { readonly reopens?: boolean } = {},
): void => {
  describe(`log contract: ${name}`, () => {
    const ends: (() => Promise<void>)[] = [];
    const topicOf = (what: string): string => `${what}-${randomUUID()}`;

    const start = async (): Promise<LogUnderTest> => {
      const under = await open();
      ends.push(async () => {
        await under.log.close();
        await under.dispose?.();
      });
      return under;
    };

    /** Collects what a subscription delivers. */
    const collect = (log: Log, options: Parameters<Log["subscribe"]>[0]) => {
      const records: LogRecord[] = [];
      const subscription = log.subscribe(options, (batch) => void records.push(...batch));
      return { records, subscription };
    };

    afterEach(async () => {
      for (const end of ends.splice(0)) await end();
    });

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
        await expect(
          log.append([record(topic, "k", "before"), record(topic, "k", `${largest}x`)]),
        ).rejects.toMatchObject({
          code: "log-record-too-large",
        });
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
        for (let n = 0; n < 10; n++)
          await log.append([record(topic, `k${n % 4}`, "a"), record(topic, `k${n % 4}`, "b")]);
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
        const topics = Array.from({ length: 30 }, (_, n) => topicOf(`many${n}`));
        for (let n = 0; n < 5; n++) await log.append(topics.map((topic) => record(topic, "k", `${topic} ${n}`)));
        for (const topic of topics) {
          expect((await readAll(log, topic)).map(({ value }) => value)).toEqual(
            [0, 1, 2, 3, 4].map((n) => `${topic} ${n}`),
          );
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

    describe("subscribe", () => {
      it("delivers from the start what was there and what comes, once each, in order", async () => {
        const { log } = await start();
        const topic = topicOf("start");
        const before = Array.from({ length: 700 }, (_, n) => record(topic, `k${n % 3}`, `before ${n}`));
        const after = Array.from({ length: 700 }, (_, n) => record(topic, `k${n % 3}`, `after ${n}`));
        await log.append(before);
        const { records, subscription } = collect(log, { topic, maxBatch: 64 });
        for (let n = 0; n < after.length; n += 7) await log.append(after.slice(n, n + 7));
        await eventually("all records", () => records.length >= 1400);
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
        const { records, subscription } = collect(log, { topic });
        await log.append([record(topic, "k", "1")]);
        await expect(failing.done).rejects.toThrow("mine alone");
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
        expect(() => log.subscribe({ topic }, () => undefined)).toThrow(
          expect.objectContaining({ code: "log-closed" }),
        );
      });
    });

    describe.runIf(reopens)("reopen", () => {
      const restart = async (under: LogUnderTest): Promise<Log> => {
        await under.log.close();
        const log = await under.reopen!();
        // Before the first: a driver's files may only go when nobody has them open.
        ends.unshift(() => log.close());
        return log;
      };

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
  });
};
