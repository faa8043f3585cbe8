import { beforeAll, describe, expect, it } from "vitest";
import { FaultyDisk } from "./faulty-disk.ts";
import { DIR, openOn, record, valuesOf } from "./fixture.ts";
import { segmentName } from "./segment-header.ts";

/*
 * Every byte of a segment, changed and cut. What must hold wherever the damage is: the log opens, has every record but the
 * ones of the append that was hit, says so, and takes what is appended then.
 */

interface Append {
  readonly values: readonly string[];
  /** Bytes of its frame in its segment. */
  readonly from: number;
  readonly to: number;
}

interface Written {
  readonly disk: FaultyDisk;
  readonly path: string;
  readonly bytes: Buffer;
  readonly appends: readonly Append[];
}

const BATCHES = [["a"], ["b", "b2", "b3"], ["c"], ["d".repeat(20)], ["e", "e2"], ["f"]];
const ALL = BATCHES.flat();

/** Six appends, each written and synced by itself, to the first segment. */
const write = async (options: { readonly close: boolean; readonly segmentBytes?: number }): Promise<Written> => {
  const disk = new FaultyDisk();
  const { log } = await openOn(disk, { segmentBytes: options.segmentBytes ?? 1 << 20 });
  const path = `${DIR}/${segmentName(0)}`;
  const appends: Append[] = [];
  for (const values of BATCHES) {
    const from = disk.bytes(path).length;
    await log.append(values.map((value) => record("t", value)));
    appends.push({ values, from, to: disk.bytes(path).length });
  }
  if (options.close) await log.close();
  return { disk: disk.copy(), path, bytes: disk.bytes(path), appends };
};

const without = (appends: readonly Append[]): string[] =>
  ALL.filter((value) => !appends.some(({ values }) => values.includes(value)));

/** Opens, reads, appends, opens again: what is there each time. */
const live = async (disk: FaultyDisk) => {
  const { log, warnings } = await openOn(disk);
  const first = await valuesOf(log, "t");
  const [position] = await log.append([record("t", "after")]);
  const second = await valuesOf(log, "t");
  await log.close();
  const again = await openOn(disk);
  const third = await valuesOf(again.log, "t");
  await again.log.close();
  return { first, second, third, warnings, position: position! };
};

const damaged = ({ disk, path }: Written, bytes: Buffer): FaultyDisk => {
  const copy = disk.copy();
  copy.put(path, bytes);
  return copy;
};

const changed = (bytes: Buffer, at: number, mask: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at]! ^= mask;
  return copy;
};

describe("the last segment, after an orderly end", () => {
  let written: Written;
  beforeAll(async () => {
    written = await write({ close: true });
  });

  it("any byte changed costs one append at most, and it is said", async () => {
    for (let at = 0; at < written.bytes.length; at++) {
      const { first, second, third, warnings, position } = await live(
        damaged(written, changed(written.bytes, at, 0xff)),
      );
      const hit = written.appends.filter(({ from, to }) => at >= from && at < to);
      const left = without(hit);
      const after = [...left, "after"];
      expect({ first, second, third, offset: position.offset }, `byte ${at}`).toEqual({
        first: left,
        second: after,
        third: after,
        offset: ALL.length,
      });
      const said = warnings.find((one) => one.position <= at && one.position + one.bytes > at);
      expect(said, `byte ${at}`).toBeDefined();
      if (hit.length > 0) expect(said).toMatchObject({ kind: "damage", records: hit[0]!.values.length });
    }
  });

  it("cut anywhere it has what came whole before the cut", async () => {
    for (let length = 0; length < written.bytes.length; length++) {
      const { first, third, warnings } = await live(damaged(written, written.bytes.subarray(0, length)));
      const whole = written.appends.filter(({ to }) => to <= length);
      expect(first, `cut at ${length}`).toEqual(whole.flatMap(({ values }) => values));
      expect(third, `cut at ${length}`).toEqual([...first, "after"]);
      const boundary = written.appends.some(({ from, to }) => length === from || length === to);
      if (!boundary && length > 0) expect(warnings, `cut at ${length}`).not.toEqual([]);
    }
  });

  it("two places damaged cost two appends", async () => {
    const [one, two] = [written.appends[1]!, written.appends[4]!];
    const bytes = changed(changed(written.bytes, one.from + 20, 1), two.to - 1, 1);
    const { first, third, warnings } = await live(damaged(written, bytes));
    expect(first).toEqual(without([one, two]));
    expect(third).toEqual([...first, "after"]);
    expect(warnings.map(({ kind, position, bytes, records }) => ({ kind, position, bytes, records }))).toEqual([
      { kind: "damage", position: one.from, bytes: one.to - one.from, records: 3 },
      { kind: "damage", position: two.from, bytes: two.to - two.from, records: 2 },
    ]);
  });

  it("zeros after the end, as a file system may leave them, are dropped", async () => {
    const { first, third, warnings } = await live(damaged(written, Buffer.concat([written.bytes, Buffer.alloc(5000)])));
    expect(first).toEqual(ALL);
    expect(third).toEqual([...ALL, "after"]);
    expect(warnings).toMatchObject([{ kind: "torn-tail", position: written.bytes.length, bytes: 5000 }]);
  });

  it("changes nothing when it is opened to be read only, and says the same", async () => {
    for (let at = 0; at < written.bytes.length; at += 7) {
      const disk = damaged(written, changed(written.bytes, at, 0x40));
      const { log, warnings } = await openOn(disk, { readOnly: true });
      const hit = written.appends.filter(({ from, to }) => at >= from && at < to);
      expect(await valuesOf(log, "t"), `byte ${at}`).toEqual(without(hit));
      expect(warnings, `byte ${at}`).not.toEqual([]);
      await log.close();
      expect(disk.bytes(written.path)).toEqual(changed(written.bytes, at, 0x40));
    }
  });
});

describe("the last segment, after a crash", () => {
  it("any byte changed costs one append at most: in the last write it counts as cut", async () => {
    const written = await write({ close: false });
    for (let at = 0; at < written.bytes.length; at++) {
      const { first, third, warnings } = await live(damaged(written, changed(written.bytes, at, 0x80)));
      const hit = written.appends.filter(({ from, to }) => at >= from && at < to);
      expect(first, `byte ${at}`).toEqual(without(hit));
      expect(third, `byte ${at}`).toEqual([...first, "after"]);
      const kind = hit[0] === written.appends.at(-1) ? "torn-tail" : "damage";
      expect(
        warnings.some((one) => one.kind === kind),
        `byte ${at}`,
      ).toBe(true);
    }
  });

  it("of appends that went with one write, a later one does not survive an earlier", async () => {
    const disk = new FaultyDisk();
    const { log } = await openOn(disk);
    const path = `${DIR}/${segmentName(0)}`;
    await log.append([record("t", "before")]);
    const from = disk.bytes(path).length;
    await Promise.all(["one", "two", "three"].map((value) => log.append([record("t", value)])));
    const bytes = disk.bytes(path);
    const each = (bytes.length - from) / 3;
    const copy = disk.copy();
    copy.put(path, changed(bytes, Math.ceil(from + each + 5), 1));
    const { first, third, warnings } = await live(copy);
    expect(first).toEqual(["before", "one"]);
    expect(third).toEqual(["before", "one", "after"]);
    expect(warnings.find(({ kind }) => kind === "torn-tail")?.bytes).toBeGreaterThan(each);
  });
});

describe("a closed segment", () => {
  let written: Written;
  beforeAll(async () => {
    // The last append begins the second segment.
    written = await write({ close: true, segmentBytes: 900 });
    const { log } = await openOn(written.disk, { segmentBytes: 300 });
    await log.append([record("t", "next segment")]);
    await log.close();
    expect(written.disk.paths().filter((path) => path.endsWith(".segment"))).toHaveLength(2);
    written = { ...written, bytes: written.disk.bytes(written.path) };
  });

  it.each(["with", "without"])("any byte changed costs one append at most (%s its index)", async (index) => {
    for (let at = 0; at < written.bytes.length; at++) {
      const disk = damaged(written, changed(written.bytes, at, 0xff));
      if (index === "without") await disk.remove(written.path.replace(".segment", ".index"));
      const { first, third, warnings } = await live(disk);
      const hit = written.appends.filter(({ from, to }) => at >= from && at < to);
      expect(first, `byte ${at}`).toEqual([...without(hit), "next segment"]);
      expect(third, `byte ${at}`).toEqual([...first, "after"]);
      if (hit.length > 0)
        expect(
          warnings.some((one) => one.kind === "damage"),
          `byte ${at}`,
        ).toBe(true);
    }
  });

  it("any byte of its index changed costs nothing", async () => {
    const path = written.path.replace(".segment", ".index");
    const index = written.disk.bytes(path);
    for (let at = 0; at < index.length; at++) {
      const disk = written.disk.copy();
      disk.put(path, changed(index, at, 0xff));
      const { first, warnings } = await live(disk);
      expect(first, `byte ${at}`).toEqual([...ALL, "next segment"]);
      expect(warnings).toEqual([]);
      expect(disk.bytes(path)).toEqual(index);
    }
  });

  it.each(["with", "without"])(
    "cut anywhere it has what came whole before the cut, and says so (%s its index)",
    async (index) => {
      const end = written.appends.at(-1)!.to;
      for (let length = 0; length < end; length++) {
        const disk = damaged(written, written.bytes.subarray(0, length));
        if (index === "without") await disk.remove(written.path.replace(".segment", ".index"));
        const { first, third, warnings } = await live(disk);
        const whole = written.appends.filter(({ to }) => to <= length);
        expect(first, `cut at ${length}`).toEqual([...whole.flatMap(({ values }) => values), "next segment"]);
        expect(third, `cut at ${length}`).toEqual([...first, "after"]);
        expect(warnings, `cut at ${length}`).not.toEqual([]);
      }
    },
  );

  it("that is gone altogether is said to be missing", async () => {
    const disk = written.disk.copy();
    const { log } = await openOn(disk, { segmentBytes: 200 });
    await log.append([record("t", "third segment")]);
    await log.close();
    const middle = disk.paths().filter((path) => path.endsWith(".segment"))[1]!;
    await disk.remove(middle);
    const { first, warnings } = await live(disk);
    expect(first).toEqual([...ALL, "third segment"]);
    expect(warnings).toMatchObject([{ kind: "missing", records: 1 }]);
  });
});
