import { gzipSync } from "node:zlib";
import crc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import type { NewRecord } from "../log.ts";
import { ByteWriter, varintSize } from "./bytes.ts";
import { MARK } from "./doubles.ts";

const MAGIC = 2;
const GZIP = 1;
/** Of the batch's header: what the length counts not, and where the checksum begins. */
const LENGTH_AT = 8;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;

/** Below this gzip costs more than it saves. */
const WORTH_PACKING = 1024;

/** A record with the mark by which a double is known. */
export interface Outgoing {
  readonly record: NewRecord;
  readonly mark: string;
}

const writeRecord = (to: ByteWriter, { record, mark }: Outgoing, delta: number): void => {
  const { key, value, headers } = record;
  const keyBytes = Buffer.byteLength(key);
  const valueBytes = value === null ? -1 : Buffer.byteLength(value);
  const names = Object.keys(headers);
  const sizes: number[] = [];
  let size =
    1 + 1 + varintSize(delta) + varintSize(keyBytes) + keyBytes + varintSize(valueBytes) + Math.max(0, valueBytes);
  size += varintSize(names.length + 1);
  for (const name of names) {
    const [nameBytes, bytes] = [Buffer.byteLength(name), Buffer.byteLength(headers[name]!)];
    sizes.push(nameBytes, bytes);
    size += varintSize(nameBytes) + nameBytes + varintSize(bytes) + bytes;
  }
  size += varintSize(MARK.length) + MARK.length + varintSize(mark.length) + mark.length;
  to.varint(size);
  to.int8(0);
  to.varint(0);
  to.varint(delta);
  to.varText(key, keyBytes);
  if (value === null) to.varint(-1);
  else to.varText(value, valueBytes);
  to.varint(names.length + 1);
  for (const [at, name] of names.entries()) {
    to.varText(name, sizes[2 * at]);
    to.varText(headers[name]!, sizes[2 * at + 1]);
  }
  to.varText(MARK, MARK.length);
  to.varText(mark, mark.length);
};

/** A record batch of Kafka's format 2: what a broker takes or refuses as one. `time` is the writer's; the broker puts its own. */
export const encodeBatch = (records: readonly Outgoing[], { time, pack }: { time: number; pack: boolean }): Buffer => {
  let body = new ByteWriter(records.length * 512);
  for (const [delta, one] of records.entries()) writeRecord(body, one, delta);
  const isPacked = pack && body.length >= WORTH_PACKING;
  const bytes = isPacked ? gzipSync(body.bytes(), { level: 1 }) : body.bytes();
  body = new ByteWriter(bytes.length + 64);
  body.int64(0);
  body.int32(0);
  body.int32(-1);
  body.int8(MAGIC);
  body.int32(0);
  body.int16(isPacked ? GZIP : 0);
  body.int32(records.length - 1);
  body.int64(time);
  body.int64(time);
  // No producer id: its idempotence would be refused, and has lost records.
  body.int64(-1);
  body.int16(-1);
  body.int32(-1);
  body.int32(records.length);
  body.raw(bytes);
  const batch = body.bytes();
  body.uint32At(batch.length - LENGTH_AT - 4, LENGTH_AT);
  body.uint32At(crc32C(batch.subarray(ATTRIBUTES_AT)), CRC_AT);
  return batch;
};
