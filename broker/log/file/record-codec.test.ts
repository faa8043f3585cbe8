import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord, NewRecord } from "../log.ts";
import { Arena } from "./arena.ts";
import { FRAME_HEADER, type Frame, frameAt, MARKER, probeFrame, sealFrame } from "./frame.ts";
import { decodeRecords, encodeRecords, spansOf } from "./record-codec.ts";

const HEAD = { back: 7, offset: 2 ** 40 + 5, time: 1_800_000_000_123 };

const encode = (records: readonly NewRecord[], arena = new Arena(0)): Buffer => {
  const { start, end } = encodeRecords(arena, records);
  sealFrame(arena.bytes, start, end, HEAD, crc32);
  return Buffer.from(arena.bytes.subarray(start, end));
};

const frameOf = (bytes: Buffer): Frame => {
  const probe = probeFrame(bytes, 0, bytes.length, bytes.length, crc32);
  expect(probe).toEqual({ whole: bytes.length });
  return frameAt(bytes, 0, bytes.length, 99);
};

const decodeAll = (frame: Frame): LogRecord[] => {
  const records: LogRecord[] = [];
  for (const { topic } of spansOf(frame)) decodeRecords(frame, topic, 0, Number.POSITIVE_INFINITY, records);
  return records.sort((a, b) => a.offset - b.offset);
};

// With lone surrogates and control characters in them.
const text = fc.string({ unit: "binary", maxLength: 30 });
const records = fc.array(
  fc.record({
    topic: fc.constantFrom("a", "b.c", "d_e-f".repeat(20)),
    key: text,
    headers: fc.dictionary(
      text.filter((name) => name.isWellFormed() && name !== "__proto__"),
      text,
      { maxKeys: 3, noNullPrototype: true },
    ),
    value: fc.option(fc.oneof(text, fc.constant("x".repeat(5000)))),
  }),
  { minLength: 1, maxLength: 8, size: "max" },
);

declare global {
  interface String {
    isWellFormed(): boolean;
  }
}

describe("record codec", () => {
  it("gives back every string as it was, with offset and time", () => {
    fc.assert(
      fc.property(records, (given) => {
        const got = decodeAll(frameOf(encode(given)));
        expect(got).toEqual(
          given.map((one, at) => ({ ...one, partition: 0, offset: HEAD.offset + at, time: HEAD.time })),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("encodes one append after another into an arena that grows", () => {
    const arena = new Arena(0);
    const batches = [3, 1, 50].map((count) =>
      Array.from({ length: count }, (_, n) => ({ topic: "t", key: "k", headers: {}, value: `${count}.${n}` })),
    );
    const drafts = batches.map((batch) => encodeRecords(arena, batch));
    for (const [at, { start, end }] of drafts.entries()) {
      sealFrame(arena.bytes, start, end, HEAD, crc32);
      const frame = frameAt(arena.bytes, start, end - start, start);
      expect(probeFrame(arena.bytes, start, arena.length, end - start, crc32)).toEqual({ whole: end - start });
      expect(decodeAll(frame).map(({ value }) => value)).toEqual(batches[at]!.map(({ value }) => value));
    }
  });

  it("tells per topic the first and last place and the count, the same before and after", () => {
    const given = ["a", "b", "a", "c", "a", "b"].map((topic) => ({ topic, key: "k", headers: {}, value: "v" }));
    const arena = new Arena();
    const { spans } = encodeRecords(arena, given);
    expect(spans).toEqual([
      { topic: "a", first: 0, last: 4, count: 3, bytes: 45 },
      { topic: "b", first: 1, last: 5, count: 2, bytes: 30 },
      { topic: "c", first: 3, last: 3, count: 1, bytes: 15 },
    ]);
    expect(spansOf(frameOf(encode(given)))).toEqual(spans);
  });

  it("decodes only what is asked for: topic and offsets", () => {
    const given = ["a", "b", "a", "a"].map((topic, at) => ({ topic, key: "k", headers: {}, value: String(at) }));
    const frame = frameOf(encode(given));
    const got: LogRecord[] = [];
    decodeRecords(frame, "a", HEAD.offset + 1, HEAD.offset + 3, got);
    expect(got.map(({ value }) => value)).toEqual(["2"]);
    decodeRecords(frame, "none", 0, Number.POSITIVE_INFINITY, got);
    expect(got).toHaveLength(1);
  });

  it("takes some 30 bytes beside the texts of a lone record", () => {
    const bytes = encode([{ topic: "verdicts", key: "key", headers: {}, value: "value" }]);
    expect(bytes.length).toBe(FRAME_HEADER + 9 + 13 + 8);
  });
});

describe("frame", () => {
  const bytes = encode([
    { topic: "t", key: '["a"]', headers: { h: "1" }, value: "some value" },
    { topic: "u", key: '["b"]', headers: {}, value: null },
  ]);

  it("is not believed with any one bit changed", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const probe = probeFrame(changed, 0, changed.length, changed.length, crc32);
      expect(probe === undefined || "more" in probe, `bit ${bit}`).toBe(true);
    }
  });

  it("is not believed cut, and says what it needs while more may come", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(probeFrame(bytes, 0, length, length, crc32), `cut at ${length}`).toBeUndefined();
      expect(probeFrame(bytes, 0, length, 10_000, crc32)).toEqual({
        more: length < FRAME_HEADER ? FRAME_HEADER : bytes.length,
      });
    }
  });

  it("has a marker that no text can hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 200 }), (value) => {
        const frame = encode([{ topic: "t", key: value, headers: { value }, value }]);
        expect(frame.indexOf(MARKER)).toBe(0);
        expect(frame.indexOf(MARKER, 1)).toBe(-1);
      }),
    );
    // Even where its bytes are tried as text of another kind.
    const forged = `${MARKER.toString("latin1")} ${MARKER.toString("utf16le")} ${MARKER.toString("utf8")}`;
    expect(encode([{ topic: "t", key: "k", headers: {}, value: forged }]).indexOf(MARKER, 1)).toBe(-1);
  });
});
