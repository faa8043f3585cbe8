import { describe, expect, it } from "vitest";
import { FaultyDisk } from "./faulty-disk.ts";
import { DIR, openOn, readAll, record, segmentsOf, valuesOf } from "./fixture.ts";

/** Fails each operation of a kind so often, then no more. */
const failing = (disk: FaultyDisk, operation: string, errno: string, times = 1): void => {
  let left = times;
  disk.fault = (given) => (given === operation && left-- > 0 ? errno : undefined);
};

describe("a disk that fails", () => {
  it.each([
    ["write", "ENOSPC", "log-disk-full"],
    ["write", "EDQUOT", "log-disk-full"],
    ["write", "EROFS", "log-not-writable"],
    ["write", "EIO", "log-disk-failing"],
    ["sync", "ENOSPC", "log-disk-full"],
    ["sync", "EIO", "log-disk-failing"],
  ])(
    "refuses an append when %s gives %s, keeps nothing of it, and goes on afterwards",
    async (operation, errno, code) => {
      const disk = new FaultyDisk();
      const { log } = await openOn(disk);
      await log.append([record("t", "before")]);
      failing(disk, operation, errno, 2);
      for (let n = 0; n < 2; n++) {
        await expect(log.append([record("t", "refused"), record("t", "refused too")])).rejects.toMatchObject({ code });
        expect(await valuesOf(log, "t")).toEqual(["before"]);
      }
      await log.append([record("t", "after")]);
      expect(await valuesOf(log, "t")).toEqual(["before", "after"]);
      // What a failed sync leaves is not trusted.
      expect(segmentsOf(disk)).toHaveLength(operation === "sync" ? 2 : 1);
      await log.close();
      const again = await openOn(disk);
      expect(await valuesOf(again.log, "t")).toEqual(["before", "after"]);
      expect(again.warnings).toEqual([]);
      await again.log.close();
    },
  );

  it("goes on in a new file after a sync that failed, even when the old one can't be cut", async () => {
    const disk = new FaultyDisk();
    const { log, warnings } = await openOn(disk);
    await log.append([record("t", "before")]);
    let left = 2;
    disk.fault = (operation) => ((operation === "sync" || operation === "truncate") && left-- > 0 ? "EIO" : undefined);
    await expect(log.append([record("t", "refused")])).rejects.toMatchObject({ code: "log-disk-failing" });
    expect(warnings).toMatchObject([{ kind: "housekeeping" }]);
    await log.append([record("t", "after")]);
    await log.close();
    expect(segmentsOf(disk)).toHaveLength(2);
    // The whole frame of the refused append is still in the old file; the new one's first offset voids it.
    await disk.remove(`${DIR}/000000000000000.index`);
    const again = await openOn(disk);
    expect(await valuesOf(again.log, "t")).toEqual(["before", "after"]);
    await again.log.close();
  });

  it("refuses what was queued behind a failure too, so that nothing overtakes", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk);
    failing(disk, "write", "ENOSPC");
    const first = log.append([record("t", "1")]);
    const failed = expect(first).rejects.toMatchObject({ code: "log-disk-full" });
    await new Promise((resolve) => process.nextTick(resolve));
    const second = log.append([record("t", "2")]);
    await expect(second).rejects.toMatchObject({ code: "log-disk-full" });
    await failed;
    expect(await valuesOf(log, "t")).toEqual([]);
    await log.append([record("t", "3")]);
    expect(await valuesOf(log, "t")).toEqual(["3"]);
    await log.close();
  });

  it("refuses a commit that cannot be written, and hurts nobody who does not wait for it", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk);
    const subscription = log.subscribe({ topic: "t", group: "g" }, () => undefined);
    failing(disk, "write", "ENOSPC", 2);
    await expect(subscription.commit(0, 3)).rejects.toMatchObject({ code: "log-disk-full" });
    void subscription.commit(0, 4);
    await subscription.close();
    expect(log.committed("g", "t")).toBeUndefined();
    await log.close();
  });

  it("does without an index that cannot be written", async () => {
    const disk = new FaultyDisk();
    const { log, warnings } = await openOn(disk, { segmentBytes: 300 });
    disk.fault = (operation, path) => (operation === "open" && path.includes(".index") ? "ENOSPC" : undefined);
    for (let n = 0; n < 10; n++) await log.append([record("t", `${n}${"x".repeat(80)}`)]);
    await log.close();
    expect(warnings.length).toBeGreaterThan(0);
    expect(new Set(warnings.map(({ kind }) => kind))).toEqual(new Set(["housekeeping"]));
    disk.fault = () => undefined;
    const again = await openOn(disk);
    expect(await readAll(again.log, "t")).toHaveLength(10);
    expect(disk.paths().filter((path) => path.endsWith(".index")).length).toBe(segmentsOf(disk).length - 1);
    await again.log.close();
  });

  it.each([
    ["EROFS", "log-not-writable"],
    ["ENOSPC", "log-disk-full"],
  ])("does not open where nothing can be written (%s), and leaves no lock", async (errno, code) => {
    const disk = new FaultyDisk();
    disk.fault = (operation) => (operation === "write" ? errno : undefined);
    await expect(openOn(disk)).rejects.toMatchObject({ code, message: expect.stringContaining(DIR) });
    disk.fault = () => undefined;
    expect(disk.paths()).not.toContain(`${DIR}/lock`);
    await (await openOn(disk)).log.close();
  });

  it("stops a subscription whose records cannot be read, and says why", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk);
    await first.log.append([record("t", "1")]);
    await first.log.close();
    const { log } = await openOn(disk);
    failing(disk, "read", "EIO");
    const subscription = log.subscribe({ topic: "t" }, () => undefined);
    await expect(subscription.done).rejects.toMatchObject({ code: "log-unreadable" });
    failing(disk, "read", "EIO");
    await expect(readAll(log, "t")).rejects.toMatchObject({ code: "log-unreadable" });
    expect(await valuesOf(log, "t")).toEqual(["1"]);
    await log.close();
  });

  it("does not go back to the old file when beginning a new one failed half-way", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk, { segmentBytes: 500 });
    await log.append([record("t", "x".repeat(200))]);
    failing(disk, "syncDirectory", "EIO");
    await expect(log.append([record("t", "y".repeat(200))])).rejects.toMatchObject({ code: "log-disk-failing" });
    // It would fit where the first one is. But the new file is there, and voids what comes to the old one.
    await log.append([record("t", "short")]);
    await log.close();
    const again = await openOn(disk);
    expect(await valuesOf(again.log, "t")).toEqual(["x".repeat(200), "short"]);
    await again.log.close();
  });

  it("makes the first file's name durable before it is written to, however the start before ended", async () => {
    const disk = new FaultyDisk();
    failing(disk, "syncDirectory", "EIO");
    await expect(openOn(disk)).rejects.toMatchObject({ code: "log-disk-failing" });
    const { log } = await openOn(disk);
    await log.append([record("t", "1")]);
    const after = await openOn(disk.afterCrash(() => 0));
    expect(await valuesOf(after.log, "t")).toEqual(["1"]);
    await after.log.close();
  });

  it("writes what nobody synced once more at a start, for the kernel may believe it is on the disk", async () => {
    const disk = new FaultyDisk();
    const first = await openOn(disk);
    let left = 2;
    disk.fault = (operation) => ((operation === "sync" || operation === "truncate") && left-- > 0 ? "EIO" : undefined);
    await expect(first.log.append([record("t", "seen")])).rejects.toMatchObject({ code: "log-disk-failing" });
    const killed = disk.afterKill();
    const { log } = await openOn(killed);
    expect(await valuesOf(log, "t")).toEqual(["seen"]);
    const after = await openOn(killed.afterCrash(() => 0));
    expect(await valuesOf(after.log, "t")).toEqual(["seen"]);
    await after.log.close();
  });
});
