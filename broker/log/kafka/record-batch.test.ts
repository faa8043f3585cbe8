import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromRecord } from "#sdk/event/record.ts";
import type { NewRecord } from "../log.ts";
import { ByteReader, ByteWriter, varintSize } from "./bytes.ts";
import { readBatches } from "./read-batches.ts";
import { encodeBatch } from "./record-batch.ts";

const WHERE = { topic: "t", partition: 3, from: 0, aborted: [] };
const outgoing = (records: readonly NewRecord[]) => records.map((record, n) => ({ record, mark: `w.${n}` }));
const read = (bytes: Buffer, where = WHERE) => readBatches(new ByteReader(bytes), where);
const rebased = (batch: Buffer, base: number): Buffer => {
  const copy = Buffer.from(batch);
  copy.writeBigInt64BE(BigInt(base), 0);
  return copy;
};

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const records = fc.array(
  fc.record({
    topic: fc.constant("t"),
    key: text,
    headers: fc.dictionary(
      text.filter((name) => name !== "__proto__" && name !== "roundsman-append"),
      text,
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
    value: fc.option(text),
  }),
  { minLength: 1, maxLength: 60 },
);

describe("a batch", () => {
  it("gives back what was put in, packed or not", () => {
    fc.assert(
      fc.property(records, fc.boolean(), fc.nat(1e12), (given, pack, base) => {
        const batch = rebased(encodeBatch(outgoing(given), { time: 1_700_000_000_000, pack }), base);
        const { records: got, next } = read(batch);
        expect(next).toBe(base + given.length);
        expect(got).toEqual(
          given.map((record, n) => ({
            record: { ...record, partition: 3, offset: base + n, time: 1_700_000_000_000 },
            mark: `w.${n}`,
          })),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("is cut off at any byte without harm: what is whole is read, the rest comes again", () => {
    const one = encodeBatch(outgoing([{ topic: "t", key: "k", headers: { a: "b" }, value: "v" }]), {
      time: 1,
      pack: false,
    });
    const both = Buffer.concat([one, rebased(one, 1)]);
    for (let length = 0; length <= both.length; length++) {
      const { records: got, next } = read(both.subarray(0, length));
      const whole = length === both.length ? 2 : length >= one.length ? 1 : 0;
      expect([got.length, next]).toEqual([whole, whole]);
    }
  });

  it("leaves out what was not asked for, and counts gaps as seen", () => {
    const three = ["0", "1", "2"].map((value) => ({ topic: "t", key: "k", headers: {}, value }));
    const batch = rebased(encodeBatch(outgoing(three), { time: 1, pack: false }), 10);
    expect(read(batch, { ...WHERE, from: 11 }).records.map(({ record }) => record.value)).toEqual(["1", "2"]);
    // Compaction can leave a batch without any of its records: its last offset still says what was seen.
    const empty = Buffer.from(batch.subarray(0, 61));
    empty.writeInt32BE(61 - 12, 8);
    empty.writeInt32BE(0, 57);
    expect(read(empty)).toEqual({ records: [], next: 13 });
  });

  it("leaves out transactions that came to nothing, and marks of all", () => {
    const batch = (producer: number, attributes: number, base: number) => {
      const bytes = rebased(
        encodeBatch(outgoing([{ topic: "t", key: "k", headers: {}, value: `${producer}@${base}` }]), {
          time: 1,
          pack: false,
        }),
        base,
      );
      bytes.writeInt16BE(attributes, 21);
      bytes.writeBigInt64BE(BigInt(producer), 43);
      return bytes;
    };
    const [transactional, control] = [0x10, 0x30];
    const set = [batch(7, transactional, 0), batch(8, transactional, 1), batch(-1, 0, 2), batch(7, control, 3)];
    set.push(batch(7, transactional, 4), batch(8, control, 5), batch(7, control, 6));
    const { records: got, next } = read(Buffer.concat(set), {
      ...WHERE,
      aborted: [{ producer: 7, first: 0 }],
    } as never);
    expect([got.map(({ record }) => record.value), next]).toEqual([["8@1", "-1@2", "7@4"], 7]);
  });

  it("takes the broker's time where the topic says so", () => {
    const batch = encodeBatch(outgoing([{ topic: "t", key: "k", headers: {}, value: "v" }]), { time: 1, pack: false });
    batch.writeInt16BE(0x08, 21);
    batch.writeBigInt64BE(99n, 35);
    expect(read(batch).records[0]!.record.time).toBe(99);
  });

  it.each([
    ["the compression snappy", (batch: Buffer) => batch.writeInt16BE(2, 21)],
    ["record format 1", (batch: Buffer) => batch.writeInt8(1, 16)],
  ])("says that it cannot read %s", (what, change) => {
    const batch = encodeBatch(outgoing([{ topic: "t", key: "k", headers: {}, value: "v" }]), { time: 1, pack: false });
    change(batch);
    expect(() => read(batch)).toThrow(
      expect.objectContaining({ code: "log-kafka-unreadable", message: expect.stringContaining(what) }),
    );
  });

  it("hands out what stands before one that cannot be read, which is met next, with the fix and where to go on", () => {
    const one = () =>
      encodeBatch(outgoing([{ topic: "t", key: "k", headers: {}, value: "v" }]), { time: 1, pack: false });
    const foreign = rebased(one(), 8);
    foreign.writeInt16BE(3, 21);
    const { records: before, next } = read(Buffer.concat([rebased(one(), 7), foreign]));
    expect([before.map(({ record }) => record.offset), next]).toEqual([[7], 8]);
    expect(() => read(Buffer.concat([foreign, rebased(one(), 9)]), { ...WHERE, from: 8 })).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ what: "the compression lz4", offset: 8, next: 9 }),
      }),
    );
  });

  it("throws, and reads nothing beyond, where its inside is damaged", () => {
    const batch = encodeBatch(outgoing([{ topic: "t", key: "k", headers: {}, value: "v" }]), { time: 1, pack: false });
    batch.writeInt32BE(5, 57);
    expect(() => read(batch)).toThrow(RangeError);
  });
});

/** A record as another producer may write it. */
const foreign = (
  headers: readonly (readonly [string, Buffer | null])[],
  value: Buffer | null,
  key: Buffer | null = null,
) => {
  const body = new ByteWriter();
  const bytes = (part: Buffer | null) => {
    body.varint(part === null ? -1 : part.length);
    if (part !== null) body.raw(part);
  };
  body.int8(0);
  body.varint(0);
  body.varint(0);
  bytes(key);
  bytes(value);
  body.varint(headers.length);
  for (const [name, one] of headers) {
    bytes(Buffer.from(name));
    bytes(one);
  }
  const record = new ByteWriter();
  record.varint(body.length);
  record.raw(body.bytes());
  const frame = encodeBatch(outgoing([{ topic: "t", key: "", headers: {}, value: null }]), { time: 1, pack: false });
  const batch = Buffer.concat([frame.subarray(0, 61), record.bytes()]);
  batch.writeInt32BE(batch.length - 12, 8);
  return read(batch).records[0]!.record;
};

const CE = [
  ["ce_specversion", Buffer.from("1.0")],
  ["ce_id", Buffer.from("1")],
  ["ce_source", Buffer.from("/s")],
  ["ce_type", Buffer.from("t")],
] as const;
const BYTES = Buffer.from([0, 255, 128]);

describe("a record of others", () => {
  it("is read as it is where it is text", () => {
    expect(foreign([["a", Buffer.from("ü")]], Buffer.from("v"), Buffer.from("k"))).toMatchObject({
      key: "k",
      headers: { a: "ü" },
      value: "v",
    });
    expect(foreign([], null)).toMatchObject({ key: "", headers: {}, value: null });
    // U+FFFD that was written as such is no damage.
    expect(foreign([], Buffer.from("\uFFFD")).value).toBe("\uFFFD");
  });

  it("becomes an event in structured mode where its payload is bytes", () => {
    const record = foreign([...CE, ["content-type", Buffer.from("image/png")]], BYTES);
    expect(fromRecord(record)).toMatchObject({ id: "1", datacontenttype: "image/png", data_base64: "AP+A" });
  });

  it.each([
    ["JSON that is no UTF-8", [...CE, ["content-type", Buffer.from("application/json")]] as const, BYTES],
    ["an attribute that is no UTF-8", [...CE, ["ce_subject", BYTES]] as const, null],
    ["an attribute twice", [...CE, ["ce_id", Buffer.from("2")]] as const, null],
    ["bytes without an envelope", [], BYTES],
  ])("is refused by readers and keeps its bytes: %s", (_, headers, value) => {
    const record = foreign(headers, value);
    expect(() => fromRecord(record)).toThrow(expect.objectContaining({ status: 400 }));
    expect(Buffer.from(record.value!, "base64")).toEqual(value ?? Buffer.alloc(0));
  });

  it("cannot alter what it is put into", () => {
    const record = foreign([["__proto__", Buffer.from("x")]], Buffer.from("v"));
    expect(Object.getPrototypeOf(record.headers)).toBe(Object.prototype);
    expect(() => fromRecord(record)).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe("numbers", () => {
  it("come back, and take the bytes that are said", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.maxSafeInteger(), (small, large) => {
        const writer = new ByteWriter(1);
        writer.varint(small);
        expect(writer.length).toBe(varintSize(small));
        writer.int64(large);
        writer.int32(small);
        const reader = new ByteReader(writer.bytes());
        expect([reader.varint(), reader.int64(), reader.int32(), reader.left]).toEqual([small, large, small, 0]);
      }),
    );
  });
});
