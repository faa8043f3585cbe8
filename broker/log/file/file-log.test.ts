import { describe, expect, it } from "vitest";
import type { LogRecord } from "../log.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { DIR, openOn, record, segmentsOf, valuesOf } from "./fixture.ts";

describe("writing", () => {
  it("shares one write and one sync between appends that wait together", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk);
    const counts: Record<string, number> = {};
    disk.fault = (operation) => {
      counts[operation] = (counts[operation] ?? 0) + 1;
      return undefined;
    };
    await Promise.all(Array.from({ length: 100 }, (_, n) => log.append([record("t", String(n))])));
    expect(counts).toEqual({ write: 1, sync: 1 });
    await log.close();
  });

  it("lets offsets of groups ride along with an append", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk, { commitDelay: 60_000 });
    await log.append([record("t", "1"), record("t", "2")]);
    const subscription = log.subscribe({ topic: "t", group: "g" }, () => undefined);
    let writes = 0;
    disk.fault = (operation) => {
      if (operation === "write") writes += 1;
      return undefined;
    };
    const commits = [subscription.commit(0, 1), subscription.commit(0, 2)];
    await log.append([record("t", "3")]);
    await Promise.all(commits);
    expect(writes).toBe(1);
    expect(log.committed("g", "t")).toBe(2);
    await log.close();
  });

  it("writes offsets that wait for an append when it is closed", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk, { commitDelay: 60_000 });
    const commit = log.subscribe({ topic: "t", group: "g" }, () => undefined).commit(0, 7);
    await log.close();
    await commit;
    const again = await openOn(disk);
    expect(again.log.committed("g", "t")).toBe(7);
    await again.log.close();
  });

  it("delivers nothing that is not on the disk", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk);
    const seen: LogRecord[] = [];
    log.subscribe({ topic: "t" }, (records) => void seen.push(...records));
    const gone = disk.failPowerAfter(1);
    void log.append([record("t", "written, never synced")]);
    await gone;
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
    expect(seen).toEqual([]);
  });

  it("never lets time fall, not for a clock that is set back nor over a restart", async () => {
    const disk = new FaultyDisk();
    let now = 5_000.9;
    const clock = { now: () => now };
    const first = await openOn(disk, { clock });
    expect((await first.log.append([record("t", "1")]))[0]!.time).toBe(5_000);
    now = 100;
    expect((await first.log.append([record("t", "2")]))[0]!.time).toBe(5_000);
    await first.log.close();
    const { log } = await openOn(disk, { clock });
    expect((await log.append([record("t", "3")]))[0]!.time).toBe(5_000);
    now = 6_000;
    expect((await log.append([record("t", "4")]))[0]!.time).toBe(6_000);
    await log.close();
  });
});

describe("one writer", () => {
  it("refuses a second one, and lets a reader in", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk);
    await log.append([record("t", "1")]);
    await expect(openOn(disk, { before: "alive" })).rejects.toMatchObject({ code: "log-locked" });
    const reader = await openOn(disk, { readOnly: true });
    expect(await valuesOf(reader.log, "t")).toEqual(["1"]);
    await log.append([record("t", "2")]);
    await log.close();
    expect(disk.paths()).not.toContain(`${DIR}/lock`);
  });

  it.each(["dead", "unseen"] as const)(
    "confirms nothing any more once another has taken over (it seemed %s)",
    async (before) => {
      const disk = new FaultyDisk();
      const first = await openOn(disk);
      await first.log.append([record("t", "1")]);
      const second = await openOn(disk, { before });
      await second.log.append([record("t", "2")]);
      await expect(first.log.append([record("t", "lost")])).rejects.toMatchObject({ code: "log-lock-lost" });
      await expect(first.log.append([record("t", "lost")])).rejects.toMatchObject({ code: "log-lock-lost" });
      await first.log.close();
      await second.log.append([record("t", "3")]);
      await second.log.close();
      const { log } = await openOn(disk);
      if (before === "unseen") expect(await valuesOf(log, "t")).toEqual(["1", "2", "3"]);
      await log.close();
    },
  );

  it("writes to a file of its own where the one before may still write to the last", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk);
    await first.log.append([record("t", "1")]);
    const second = await openOn(disk, { before: "unseen" });
    expect(segmentsOf(disk)).toHaveLength(2);
    expect(second.warnings).toMatchObject([{ kind: "stale-lock" }]);
    await second.log.close();
  });
});

describe("reading", () => {
  it("joins what is on the disk and what is in memory without gap, double or change of order", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk, { segmentBytes: 3000, tailBytes: 1500 });
    const given: string[] = [];
    const append = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        given.push(String(given.length));
        await log.append([record("other", "x"), record("t", given.at(-1)!)]);
      }
    };
    await append(50);
    const seen: (string | null)[] = [];
    let slow = true;
    const subscription = log.subscribe({ topic: "t", maxBatch: 3 }, async (records) => {
      // Falls behind again and again, and catches up in between.
      if (slow) for (let turns = 0; turns < 15; turns++) await new Promise(setImmediate);
      seen.push(...records.map(({ value }) => value));
    });
    for (let round = 0; round < 6; round++) {
      await append(30);
      slow = round % 2 === 0;
    }
    while (seen.length < given.length) await new Promise(setImmediate);
    expect(seen).toEqual(given);
    await subscription.close();
    await log.close();
  });

  it("reads nothing from the disk for those who keep up", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk);
    let reads = 0;
    disk.fault = (operation) => {
      if (operation === "read") reads += 1;
      return undefined;
    };
    const seen: LogRecord[] = [];
    log.subscribe({ topic: "t" }, (records) => void seen.push(...records));
    for (let n = 0; n < 50; n++) await log.append([record("t", String(n)), record("u", "x")]);
    while (seen.length < 50) await new Promise(setImmediate);
    expect(await valuesOf(log, "t", 90)).toHaveLength(5);
    expect(reads).toBe(0);
    await log.close();
  });

  it("reads nothing from the disk for one whose topic is rare, however much others hold in between", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk, { tailBytes: 2000 });
    const seen: (string | null)[] = [];
    log.subscribe({ topic: "rare" }, (records) => void seen.push(...records.map(({ value }) => value)));
    let reads = 0;
    disk.fault = (operation) => {
      if (operation === "read") reads += 1;
      return undefined;
    };
    for (let n = 0; n < 5; n++) {
      await log.append([record("rare", String(n))]);
      while (seen.length <= n) await new Promise(setImmediate);
      for (let m = 0; m < 50; m++) await log.append([record("usual", "x".repeat(100))]);
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4"]);
    expect(reads).toBe(0);
    await log.close();
  });

  it("says its topics, whether it was made, and one past each topic's last record", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk);
    expect(first.log.created).toBe(true);
    await first.log.append([record("b", "1"), record("a", "2"), record("b", "3")]);
    await first.log.subscribe({ topic: "a", group: "g" }, () => undefined).commit(0, 2);
    await first.log.close();
    const { log } = await openOn(disk);
    expect(log.created).toBe(false);
    expect(log.topics()).toEqual([
      { topic: "a", records: 1, end: 2 },
      { topic: "b", records: 2, end: 3 },
    ]);
    expect([await log.end("a"), await log.end("b"), await log.end("none")]).toEqual([2, 3, 0]);
    expect([log.committed("g", "a"), log.committed("g", "b")]).toEqual([2, undefined]);
    await log.close();
  });
});

describe("readOnly", () => {
  it("needs a log, takes no lock, refuses to write", async () => {
    const disk = new FaultyDisk();
    await expect(openOn(disk, { readOnly: true })).rejects.toMatchObject({ code: "log-not-found" });
    expect(disk.paths()).toEqual([]);
    const { log } = await openOn(disk);
    await log.append([record("t", "1")]);
    await log.close();
    const before = disk.paths();
    const reader = await openOn(disk, { readOnly: true });
    await expect(reader.log.append([record("t", "2")])).rejects.toMatchObject({ code: "log-read-only" });
    const seen: LogRecord[] = [];
    const subscription = reader.log.subscribe({ topic: "t", group: "g" }, (records) => void seen.push(...records));
    await subscription.caughtUp;
    await expect(subscription.commit(0, 1)).rejects.toMatchObject({ code: "log-read-only" });
    expect(seen.map(({ value }) => value)).toEqual(["1"]);
    await reader.log.close();
    expect(disk.paths()).toEqual(before);
  });
});
