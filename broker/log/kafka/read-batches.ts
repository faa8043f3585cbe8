import { gunzipSync } from "node:zlib";
import { fault } from "#sdk/errors.ts";
import type { LogRecord } from "../log.ts";
import { ByteReader } from "./bytes.ts";
import { MARK } from "./doubles.ts";
import { foreignTexts } from "./foreign.ts";

/** A record with its mark, where one of our writers gave it one. */
export interface Incoming {
  readonly record: LogRecord;
  readonly mark?: string;
}

export interface ReadBatches {
  readonly records: readonly Incoming[];
  /** The offset after the last batch that was whole: what is below it was seen, also where it holds nothing any more. */
  readonly next: number;
}

export interface WhereRead {
  readonly topic: string;
  readonly partition: number;
  /** Offsets below it were not asked for. */
  readonly from: number;
  /** Transactions of other writers that came to nothing: their first offsets, rising. */
  readonly aborted: readonly { readonly producer: number; readonly first: number }[];
}

interface Batch {
  readonly base: number;
  readonly last: number;
  readonly attributes: number;
  readonly producer: number;
  readonly firstTime: number;
  readonly maxTime: number;
  readonly count: number;
  readonly body: ByteReader;
}

const LENGTH_AND_OFFSET = 12;
const MAGIC = 2;
const [CODEC, APPEND_TIME, TRANSACTIONAL, CONTROL] = [0x07, 0x08, 0x10, 0x20];
const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];

/** The records of one partition in an answer to a fetch. A batch that was cut off at the answer's end comes again. */
export const readBatches = (set: ByteReader, where: WhereRead): ReadBatches => {
  const records: Incoming[] = [];
  const aborted = [...where.aborted];
  const dead = new Set<number>();
  let next = where.from;
  for (let batch = readBatch(set, where); batch !== undefined; batch = readBatch(set, where)) {
    next = Math.max(next, batch.last + 1);
    while (aborted.length > 0 && aborted[0]!.first <= batch.last) dead.add(aborted.shift()!.producer);
    if ((batch.attributes & CONTROL) !== 0) dead.delete(batch.producer);
    else if ((batch.attributes & TRANSACTIONAL) === 0 || !dead.has(batch.producer)) {
      // What stands before it is handed out; it is met again, as the first.
      if (codecOf(batch) === undefined && records.length > 0) return { records, next: batch.base };
      readRecords(batch, where, records);
    }
  }
  return { records, next };
};

const readBatch = (set: ByteReader, { topic, partition }: WhereRead): Batch | undefined => {
  if (set.left < LENGTH_AND_OFFSET) return undefined;
  const base = set.int64();
  const length = set.int32();
  if (set.left < length) return undefined;
  const body = new ByteReader(set.buffer, set.at, set.at + length);
  set.skip(length);
  body.skip(4);
  const magic = body.int8();
  if (magic !== MAGIC)
    throw fault("log-kafka-unreadable", {
      topic,
      partition,
      what: `record format ${magic}`,
      offset: base,
      next: base + 1,
    });
  body.skip(4);
  const attributes = body.int16();
  const last = base + body.int32();
  const [firstTime, maxTime, producer] = [body.int64(), body.int64(), body.int64()];
  body.skip(6);
  return { base, last, attributes, producer, firstTime, maxTime, count: body.int32(), body };
};

/** What can be unpacked: Node has gzip alone in every version, and a native module for the others is not worth it. */
const UNPACK: readonly ((body: ByteReader) => ByteReader)[] = [
  (body) => body,
  (body) => new ByteReader(gunzipSync(body.buffer.subarray(body.at, body.end))),
];

const codecOf = ({ attributes }: Batch) => UNPACK[attributes & CODEC];

const unpacked = (batch: Batch, { topic, partition }: WhereRead): ByteReader => {
  const unpack = codecOf(batch);
  if (unpack !== undefined) return unpack(batch.body);
  const codec = batch.attributes & CODEC;
  throw fault("log-kafka-unreadable", {
    topic,
    partition,
    what: `the compression ${CODECS[codec] ?? codec}`,
    offset: batch.base,
    next: batch.last + 1,
  });
};

const readRecords = (batch: Batch, where: WhereRead, to: Incoming[]): void => {
  const reader = unpacked(batch, where);
  const isAppendTime = (batch.attributes & APPEND_TIME) !== 0;
  for (let n = 0; n < batch.count; n++) {
    const end = reader.varint() + reader.at;
    reader.int8();
    const time = batch.firstTime + reader.varint();
    const offset = batch.base + reader.varint();
    if (offset >= where.from) to.push(readRecord(reader, where, offset, isAppendTime ? batch.maxTime : time));
    reader.at = end;
  }
};

const isExact = (text: string | undefined): boolean => text === undefined || !text.includes("\uFFFD");

const readRecord = (reader: ByteReader, { topic, partition }: WhereRead, offset: number, time: number): Incoming => {
  const keyBytes = reader.varBytes();
  const valueBytes = reader.varBytes();
  const key = keyBytes?.toString() ?? "";
  const value = valueBytes?.toString() ?? null;
  const headers: Record<string, string> = {};
  const count = reader.varint();
  const at = reader.at;
  let mark: string | undefined;
  let isPlain = isExact(key) && isExact(value ?? undefined);
  for (let n = 0; n < count; n++) {
    const name = reader.varBytes()!.toString();
    const text = reader.varBytes()?.toString();
    if (name === MARK) mark = text;
    else if (text === undefined || !isExact(text) || name === "__proto__" || Object.hasOwn(headers, name))
      isPlain = false;
    else headers[name] = text;
  }
  const record = { topic, partition, offset, time, key, headers, value };
  if (isPlain) return mark === undefined ? { record } : { record, mark };
  reader.at = at;
  const raw = Array.from({ length: count }, () => [reader.varBytes()!.toString(), reader.varBytes()] as const);
  const texts = foreignTexts({ key: keyBytes, headers: raw.filter(([name]) => name !== MARK), value: valueBytes });
  return mark === undefined ? { record: { ...record, ...texts } } : { record: { ...record, ...texts }, mark };
};
