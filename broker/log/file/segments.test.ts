import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FaultyDisk } from "./faulty-disk.ts";
import { DIR, openOn, readAll, record, segmentsOf, valuesOf } from "./fixture.ts";
import { encodeSegmentHeader, SEGMENT_HEADER, segmentName } from "./segment-header.ts";

describe("segments", () => {
  it("begins another when one is full, with an index for the one before", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk, { segmentBytes: 600 });
    for (let n = 0; n < 20; n++) await log.append([record("t", `value ${n} ${"x".repeat(60)}`)]);
    const names = segmentsOf(disk);
    expect(names.length).toBeGreaterThan(3);
    for (const path of names.slice(0, -1)) {
      expect(disk.bytes(path).length).toBeLessThanOrEqual(600);
      expect(disk.paths()).toContain(path.replace(".segment", ".index"));
    }
    expect((await readAll(log, "t")).map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    await log.close();
  });

  it("keeps an append that is larger than a segment whole", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk, { segmentBytes: 500 });
    await log.append([record("t", "small")]);
    const large = Array.from({ length: 10 }, (_, n) => record("t", `${n}${"x".repeat(200)}`));
    await log.append(large);
    await log.append([record("t", "small again")]);
    expect(await valuesOf(log, "t")).toEqual(["small", ...large.map(({ value }) => value), "small again"]);
    await log.close();
  });

  it("opens only the segments that hold the topic", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk, { segmentBytes: 400 });
    await first.log.append([record("rare", "1")]);
    for (let n = 0; n < 20; n++) await first.log.append([record("usual", "x".repeat(100))]);
    await first.log.append([record("rare", "2")]);
    await first.log.close();
    const { log } = await openOn(disk, { segmentBytes: 400 });
    const opened: string[] = [];
    const open = disk.open.bind(disk);
    disk.open = (path, mode) => {
      opened.push(path);
      return open(path, mode);
    };
    expect(await valuesOf(log, "rare")).toEqual(["1", "2"]);
    expect(opened).toEqual([segmentsOf(disk)[0], segmentsOf(disk).at(-1)]);
    opened.length = 0;
    expect(await valuesOf(log, "rare", 1)).toEqual(["2"]);
    expect(opened).toEqual([segmentsOf(disk).at(-1)]);
    await log.close();
  });

  it("reads only the last one whole at a start", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk, { segmentBytes: 4000 });
    for (let n = 0; n < 200; n++) await first.log.append([record("t", "x".repeat(200))]);
    await first.log.close();
    let read = 0;
    const open = disk.open.bind(disk);
    disk.open = async (path, mode) => {
      const file = await open(path, mode);
      return {
        ...file,
        read: async (...args) => {
          const length = await file.read(...args);
          read += length;
          return length;
        },
      };
    };
    const { log } = await openOn(disk, { segmentBytes: 4000 });
    expect(segmentsOf(disk).length).toBeGreaterThan(10);
    expect(read).toBeLessThan(4000 * 2);
    await log.close();
  });

  it("keeps what groups committed, ends and times when the older segments are deleted", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk, { segmentBytes: 400, clock: { now: () => 9_000 } });
    await first.log.append([record("early", "1")]);
    const subscription = first.log.subscribe({ topic: "early", group: "g" }, () => undefined);
    await subscription.commit(0, 1);
    for (let n = 0; n < 20; n++) await first.log.append([record("late", "x".repeat(100))]);
    await first.log.close();
    for (const path of segmentsOf(disk).slice(0, -1)) {
      await disk.remove(path);
      await disk.remove(path.replace(".segment", ".index"));
    }
    const { log, warnings } = await openOn(disk, { clock: { now: () => 5 } });
    expect(log.committed("g", "early")).toBe(1);
    expect(await log.end("early")).toBe(1);
    expect(await valuesOf(log, "early")).toEqual([]);
    expect((await log.append([record("late", "y")]))[0]!.time).toBe(9_000);
    expect(warnings).toEqual([]);
    await log.close();
  });

  it("refuses one of a newer version with a sentence, and touches nothing", async () => {
    const disk = new FaultyDisk();
    disk.put(`${DIR}/${segmentName(0)}`, encodeSegmentHeader(0, crc32, { version: 7 }));
    await expect(openOn(disk)).rejects.toMatchObject({
      code: "log-version-newer",
      message:
        "/log/000000000000000.segment was written by a newer version (format 7, this one knows 1): start that version, or name another directory.",
    });
    expect(disk.paths()).toEqual([`${DIR}/${segmentName(0)}`]);
    expect(disk.bytes(`${DIR}/${segmentName(0)}`)).toEqual(encodeSegmentHeader(0, crc32, { version: 7 }));
  });

  it("makes no use of an index that belongs to another state of its segment", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk, { segmentBytes: 300 });
    await first.log.append([record("t", "1")]);
    const index = await (async () => {
      const copy = disk.copy();
      const { log } = await openOn(copy, { segmentBytes: 100, before: "dead" });
      await log.append([record("t", "rolls")]);
      await log.close();
      return copy.bytes(`${DIR}/000000000000000.index`);
    })();
    await first.log.append([record("t", "2")]);
    for (let n = 3; n < 8; n++) await first.log.append([record("t", String(n))]);
    await first.log.close();
    disk.put(`${DIR}/000000000000000.index`, index);
    const { log } = await openOn(disk);
    expect(await valuesOf(log, "t")).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    await log.close();
  });

  it("keeps what groups committed although the head that said so was damaged, once it has been opened", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk, { segmentBytes: 300 });
    await first.log.append([record("t", "1")]);
    await first.log.subscribe({ topic: "t", group: "g" }, () => undefined).commit(0, 1);
    await first.log.append([record("t", "x".repeat(200))]);
    await first.log.close();
    const [, second] = segmentsOf(disk);
    const bytes = disk.bytes(second!);
    bytes[SEGMENT_HEADER + 20]! ^= 1;
    disk.put(second!, bytes);
    const { log } = await openOn(disk);
    expect(log.committed("g", "t")).toBe(1);
    await log.close();
    for (const path of segmentsOf(disk).slice(0, -1)) await disk.remove(path);
    const again = await openOn(disk);
    expect(again.log.committed("g", "t")).toBe(1);
    await again.log.close();
  });
});
