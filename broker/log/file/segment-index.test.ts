import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { SegmentIndex } from "./segment-index.ts";

const span = (topic: string, first: number, last: number, count: number) => ({
  topic,
  first,
  last,
  count,
  bytes: count * 100,
});

/** Frames of 50,000 bytes with two records each, from position 100 and offset 40 on. */
const filled = (): SegmentIndex => {
  const index = new SegmentIndex(100, 40);
  for (let n = 0; n < 20; n++) {
    index.add(
      100 + n * 50_000,
      50_000,
      40 + n * 2,
      2,
      n % 5 === 0 ? [span("a", 0, 0, 1), span("b", 1, 1, 1)] : [span("b", 0, 1, 2)],
    );
  }
  return index;
};

describe("SegmentIndex", () => {
  it("knows per topic offsets, count and bytes", () => {
    const index = filled();
    expect(index.topics.get("a")).toEqual({ first: 40, last: 70, records: 4, bytes: 400, from: 100, to: 800_100 });
    expect(index.topics.get("b")).toEqual({ first: 41, last: 79, records: 36, bytes: 3600, from: 100, to: 1_000_100 });
    expect([index.end, index.next]).toEqual([1_000_100, 80]);
  });

  it("names a place at or before every offset, never after it, and not far before", () => {
    const index = filled();
    for (let offset = 40; offset < 80; offset++) {
      const position = 100 + Math.floor((offset - 40) / 2) * 50_000;
      const place = index.placeOf(offset)!;
      expect(place).toBeLessThanOrEqual(position);
      expect(place).toBeGreaterThan(position - 200_000);
    }
    expect(index.placeOf(39)).toBeUndefined();
  });

  it("comes back from its file as it was", () => {
    const index = filled();
    const back = SegmentIndex.decode(index.encode(crc32), crc32)!;
    expect(back).toEqual(index);
    expect(back.placeOf(60)).toBe(index.placeOf(60));
  });

  it("is not believed when its file is cut or changed anywhere", () => {
    const index = new SegmentIndex(100, 40);
    index.add(100, 50, 40, 2, [span("a", 0, 1, 2)]);
    const bytes = index.encode(crc32);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x10;
      expect(SegmentIndex.decode(changed, crc32), `byte ${at}`).toBeUndefined();
      expect(SegmentIndex.decode(bytes.subarray(0, at), crc32), `cut at ${at}`).toBeUndefined();
    }
  });
});
