import { describe, expect, it } from "vitest";
import { FaultyDisk } from "./faulty-disk.ts";
import { openOn, readAll, record, segmentsOf, valuesOf } from "./fixture.ts";

const SEGMENT = 1_500;
const bytesIn = (disk: FaultyDisk): number => disk.paths().reduce((sum, path) => sum + disk.bytes(path).length, 0);
/** A small random number generator: one seed, one sequence. */
const choices = (seed: number) => {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** Appends with two topics each: `bulk`, to be trimmed, and now and then a record of `kept`. */
const fill = async (
  disk: FaultyDisk,
  { from = 0, to, keptEvery = 7 }: { from?: number; to: number; keptEvery?: number },
) => {
  const { log, warnings } = await openOn(disk, { segmentBytes: SEGMENT });
  for (let n = from; n < to; n++) {
    const bulk = record("bulk", `b${n} ${"x".repeat(80)}`);
    await log.append(n % keptEvery === 0 ? [bulk, record("kept", `k${n}`), record("bulk", `c${n}`)] : [bulk]);
  }
  return { log, warnings };
};
const kept = (to: number, every = 7) => Array.from({ length: Math.ceil(to / every) }, (_, n) => `k${n * every}`);

describe("room of what was trimmed", () => {
  it("is given back: whole segments go, and in others nothing but what is needed stays", async () => {
    const disk = new FaultyDisk();
    const { log } = await fill(disk, { to: 200 });
    const before = bytesIn(disk);
    const all = await readAll(log, "kept");
    await log.trim("bulk", await log.end("bulk"));
    expect(bytesIn(disk)).toBeLessThan(before / 2);
    expect(await readAll(log, "kept")).toEqual(all);
    await log.close();
    const again = await openOn(disk, { segmentBytes: SEGMENT });
    expect(await readAll(again.log, "kept")).toEqual(all);
    expect(await valuesOf(again.log, "bulk")).toEqual([]);
    expect(again.log.topics().map(({ topic, records }) => [topic, records])).toEqual([["kept", all.length]]);
    expect(again.warnings).toEqual([]);
    await again.log.close();
  });

  it("leaves one file where nothing older is needed", async () => {
    const disk = new FaultyDisk();
    const { log } = await fill(disk, { to: 200, keptEvery: 1_000 });
    await log.trim("kept", await log.end("kept"));
    await log.trim("bulk", await log.end("bulk"));
    expect(segmentsOf(disk)).toHaveLength(1);
    expect(disk.paths().filter((path) => path.endsWith(".index"))).toEqual([]);
    await log.close();
  });

  it("does not leave a file for each segment that went from between others", async () => {
    const disk = new FaultyDisk();
    const { log } = await fill(disk, { to: 400, keptEvery: 1_000 });
    expect(segmentsOf(disk).length).toBeGreaterThan(20);
    await log.trim("bulk", await log.end("bulk"));
    expect(segmentsOf(disk)).toHaveLength(2);
    expect(await valuesOf(log, "kept")).toEqual(["k0"]);
    await log.close();
    // Whether its index tells it, or the file itself.
    for (const index of ["with", "without"]) {
      const copy = disk.copy();
      if (index === "without") for (const path of copy.paths()) if (path.endsWith(".index")) await copy.remove(path);
      const again = await openOn(copy, { segmentBytes: SEGMENT });
      expect(await valuesOf(again.log, "kept")).toEqual(["k0"]);
      expect(again.warnings).toEqual([]);
      await again.log.close();
    }
  });

  it("is bounded, however long it goes on", async () => {
    const disk = new FaultyDisk();
    let most = 0;
    for (let round = 0; round < 30; round++) {
      const { log } = await fill(disk, { from: round * 30, to: round * 30 + 30, keptEvery: 10_000 });
      await log.trim("bulk", (await log.end("bulk")) - 20);
      most = Math.max(most, bytesIn(disk));
      await log.close();
    }
    expect(most).toBeLessThan(12 * SEGMENT);
  });

  it("is not worked for where little of a segment would go", async () => {
    const disk = new FaultyDisk();
    const { log } = await fill(disk, { to: 200 });
    const [first] = segmentsOf(disk);
    const bytes = disk.bytes(first!);
    await log.trim("bulk", 4);
    expect(disk.bytes(first!)).toEqual(bytes);
    await log.close();
  });

  it("is not taken from a segment that is damaged: its damage stays to be seen", async () => {
    const disk = new FaultyDisk();
    const { log } = await fill(disk, { to: 200 });
    const path = segmentsOf(disk)[1]!;
    const bytes = disk.bytes(path);
    bytes[bytes.length - 40]! ^= 1;
    disk.put(path, bytes);
    await log.trim("bulk", await log.end("bulk"));
    expect(disk.bytes(path)).toEqual(bytes);
    await log.close();
  });

  it("keeps what groups committed, also where the head of the next segment is damaged later", async () => {
    const disk = new FaultyDisk();
    const { log } = await fill(disk, { to: 30 });
    await log.subscribe({ topic: "kept", group: "g" }, () => undefined).commit(0, 5);
    for (let n = 0; n < 60; n++) await log.append([record("bulk", "x".repeat(80)), record("kept", "k")]);
    await log.trim("bulk", await log.end("bulk"));
    await log.close();
    const last = segmentsOf(disk).at(-1)!;
    const bytes = disk.bytes(last);
    bytes[60]! ^= 1;
    disk.put(last, bytes);
    const again = await openOn(disk);
    expect(again.log.committed("g", "kept")).toBe(5);
    await again.log.close();
  });

  it("a reader of another process goes on, whatever was rewritten or dropped since it began", async () => {
    const disk = new FaultyDisk();
    const { log } = await fill(disk, { to: 200 });
    const reader = await openOn(disk, { readOnly: true });
    const all = await readAll(log, "kept");
    await log.trim("bulk", await log.end("bulk"));
    expect(await readAll(reader.log, "kept")).toEqual(all);
    expect(reader.warnings).toEqual([]);
    await log.trim("kept", all.at(-3)!.offset);
    expect((await readAll(reader.log, "kept")).slice(-3)).toEqual(all.slice(-3));
    await Promise.all([reader.log.close(), log.close()]);
  });

  it.each([
    ["killed", (disk: FaultyDisk, _: number) => disk.afterKill()],
    ["without power", (disk: FaultyDisk, seed: number) => disk.afterCrash(choices(seed))],
  ])("%s between any two steps it loses nothing that is needed, and goes on the next time", async (_, after) => {
    const TO = 90;
    const origin = new FaultyDisk();
    await (await fill(origin, { to: TO, keptEvery: 20 })).log.close();
    let isDone = false;
    let steps = 0;
    for (; !isDone; steps++) {
      const disk = origin.copy();
      const { log } = await openOn(disk, { segmentBytes: SEGMENT });
      const end = await log.end("bulk");
      const died = disk.failPowerAfter(steps);
      const trimmed = log.trim("bulk", end - 10).then(() => "trimmed");
      isDone = (await Promise.race([trimmed, died.then(() => "died")])) === "trimmed";
      const left = after(disk, steps);
      const again = await openOn(left, { segmentBytes: SEGMENT });
      expect(await valuesOf(again.log, "kept"), `step ${steps}`).toEqual(kept(TO, 20));
      const bulk = await readAll(again.log, "bulk");
      expect(bulk.slice(-8).map(({ value }) => value!.split(" ")[0])).toEqual(
        Array.from({ length: 8 }, (__, n) => `b${TO - 8 + n}`),
      );
      const [position] = await again.log.append([record("kept", "new")]);
      expect(position!.offset).toBeGreaterThanOrEqual(end);
      await again.log.trim("bulk", end - 2);
      expect(await valuesOf(again.log, "kept")).toEqual([...kept(TO, 20), "new"]);
      expect(again.warnings.filter(({ kind }) => kind !== "torn-tail" && kind !== "stale-lock")).toEqual([]);
      await again.log.close();
      const third = await openOn(left.copy(), { segmentBytes: SEGMENT });
      expect(await valuesOf(third.log, "kept")).toEqual([...kept(TO, 20), "new"]);
      expect((await valuesOf(third.log, "bulk")).length).toBe(2);
      expect(third.warnings).toEqual([]);
      await third.log.close();
    }
    expect(steps).toBeGreaterThan(20);
  });

  it("that cannot be given back now is given back later", async () => {
    const disk = new FaultyDisk();
    const { log, warnings } = await fill(disk, { to: 200 });
    const end = await log.end("bulk");
    disk.fault = (operation) => (operation === "rename" || operation === "remove" ? "EIO" : undefined);
    await log.trim("bulk", end - 1);
    expect(new Set(warnings.map(({ kind }) => kind))).toEqual(new Set(["housekeeping"]));
    expect(await valuesOf(log, "kept")).toEqual(kept(200));
    disk.fault = () => undefined;
    await log.trim("bulk", end);
    expect(await valuesOf(log, "kept")).toEqual(kept(200));
    await log.close();
    const again = await openOn(disk, { segmentBytes: SEGMENT });
    expect(await valuesOf(again.log, "kept")).toEqual(kept(200));
    expect(again.warnings).toEqual([]);
    await again.log.close();
  });
});
