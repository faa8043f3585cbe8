import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Arena } from "./arena.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { sealFrame } from "./frame.ts";
import { encodeRecords } from "./record-codec.ts";
import { type ScanOptions, scanFrames } from "./scan.ts";

const PREFIX = 10;

/** Twenty appends of one to three records after a few bytes of something else. */
const written = (() => {
  const arena = new Arena();
  arena.length = PREFIX;
  const frames: { position: number; length: number; offset: number; records: number }[] = [];
  let offset = 0;
  for (let n = 0; n < 20; n++) {
    const batch = Array.from({ length: 1 + (n % 3) }, () => ({
      topic: "t",
      key: "k",
      headers: {},
      value: "v".repeat(n * 7),
    }));
    const { start, end } = encodeRecords(arena, batch);
    sealFrame(arena.bytes, start, end, { back: 0, offset, time: n }, crc32);
    frames.push({ position: start, length: end - start, offset, records: batch.length });
    offset += batch.length;
  }
  return { bytes: Buffer.from(arena.bytes.subarray(0, arena.length)), frames };
})();

const scan = async (bytes: Buffer, options: Partial<ScanOptions> = {}) => {
  const disk = new FaultyDisk();
  disk.put("/f", bytes);
  const frames: { position: number; length: number; offset: number; records: number }[] = [];
  const damages: unknown[] = [];
  const file = await disk.open("/f", "read");
  for await (const steps of scanFrames(file, { from: PREFIX, to: bytes.length, checksum: crc32, ...options })) {
    for (const { frame, damage } of steps) {
      if (frame === undefined) damages.push(damage);
      else
        frames.push({ position: frame.position, length: frame.length, offset: frame.offset, records: frame.records });
    }
  }
  return { frames, damages };
};

describe("scanFrames", () => {
  it.each([1, 36, 37, 100, 257, 1 << 20])("finds every frame, read %i bytes at a time", async (chunkBytes) => {
    expect(await scan(written.bytes, { chunkBytes })).toEqual({ frames: written.frames, damages: [] });
  });

  it.each([1, 64, 1 << 20])(
    "steps over the one frame that is damaged, wherever in it (%i bytes at a time)",
    async (chunkBytes) => {
      const at = 7;
      const { position, length, records } = written.frames[at]!;
      for (let byte = position; byte < position + length; byte++) {
        const bytes = Buffer.from(written.bytes);
        bytes[byte]! ^= 0xff;
        expect(await scan(bytes, { chunkBytes, minOffset: 0 })).toEqual({
          frames: written.frames.filter((_, n) => n !== at),
          damages: [{ position, end: position + length, records }],
        });
      }
    },
  );

  it("goes on after zeros and after foreign bytes", async () => {
    const { position } = written.frames[5]!;
    for (const foreign of [Buffer.alloc(5000), Buffer.from("anything at all ".repeat(300))]) {
      const bytes = Buffer.concat([written.bytes.subarray(0, position), foreign, written.bytes.subarray(position)]);
      const { frames, damages } = await scan(bytes, { chunkBytes: 128 });
      expect(frames.map(({ offset }) => offset)).toEqual(written.frames.map(({ offset }) => offset));
      expect(damages).toEqual([{ position, end: position + foreign.length, records: 0 }]);
    }
  });

  it("says what is missing at the end of a file that was cut", async () => {
    const { position } = written.frames[19]!;
    const cut = written.bytes.subarray(0, position + 5);
    const { frames, damages } = await scan(cut, { to: written.bytes.length });
    expect(frames).toEqual(written.frames.slice(0, 19));
    expect(damages).toEqual([{ position, end: written.bytes.length }]);
  });

  it("does not believe a whole frame with offsets that were passed already", async () => {
    const stale = written.bytes.subarray(written.frames[2]!.position, written.frames[4]!.position);
    const { frames, damages } = await scan(Buffer.concat([written.bytes, stale]));
    expect(frames).toEqual(written.frames);
    expect(damages).toEqual([{ position: written.bytes.length, end: written.bytes.length + stale.length }]);
  });

  it("does not take a frame for one that a record carries", async () => {
    const arena = new Arena();
    const inner = written.bytes.subarray(PREFIX).toString("latin1");
    const { start, end } = encodeRecords(arena, [{ topic: "t", key: "k", headers: {}, value: inner }]);
    sealFrame(arena.bytes, start, end, { back: 0, offset: 0, time: 0 }, crc32);
    const bytes = Buffer.from(arena.bytes.subarray(0, end));
    bytes[12]! ^= 1;
    expect((await scan(bytes, { from: 0 })).frames).toEqual([]);
  });
});
