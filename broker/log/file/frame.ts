/**
 * A frame: the unit that is in the journal whole or not at all. One append is one frame, so its records share that fate.
 * All numbers are little endian. Offsets and times are 48 bits wide.
 *
 *   at  bytes
 *    0  4  marker FF FB F9 F8: no UTF-8 text holds these bytes, so none that a record carries can be taken for a frame
 *    4  4  CRC-32 of everything that follows in the frame
 *    8  4  length of the frame, these bytes included
 *   12  4  back: how many bytes before this frame its write began. All that lies before that was on the disk by then
 *   16  6  offset of its first record; of a frame without records, the next one
 *   22  1  kind
 *   23  1  0
 *   24  6  time of its records, Unix ms
 *   30  2  number of topics
 *   32  4  number of records
 *   36     per topic: 1 byte of length, the name. Then the records (record-codec.ts), or a checkpoint's JSON
 */
export const FRAME_HEADER = 36;
export const MARKER = Buffer.from([0xff, 0xfb, 0xf9, 0xf8]);
const MARKER_NUMBER = MARKER.readUInt32LE(0);
const AFTER_CRC = 8;

export const KIND = {
  /** The records of one append, or offsets of groups as records of an internal topic. */
  records: 1,
  /** First in a segment: what a reader must know of the segments before it. */
  checkpoint: 2,
  /** Last after an orderly end: says that all before it was on the disk. */
  close: 3,
} as const;

/** No frame is longer: a length beyond it is damage. The largest append, with room for texts that had to be escaped. */
export const FRAME_MAX = 512 * 1024 * 1024;

export type Checksum = (bytes: Uint8Array) => number;

/** A frame where it lies in memory. `bytes` may be used again once the reader goes on. */
export interface Frame {
  /** In the segment's file. */
  readonly position: number;
  readonly length: number;
  readonly back: number;
  readonly offset: number;
  readonly kind: number;
  readonly time: number;
  readonly topics: number;
  readonly records: number;
  readonly bytes: Buffer;
  /** Where in `bytes` it begins. */
  readonly at: number;
}

export interface FrameHead {
  readonly back: number;
  readonly offset: number;
  readonly time: number;
}

/** Writes what is known when the frame is encoded. */
export const beginFrame = (bytes: Buffer, at: number, kind: number, topics: number, records: number): void => {
  bytes.writeUInt32LE(MARKER_NUMBER, at);
  bytes[at + 22] = kind;
  bytes[at + 23] = 0;
  bytes.writeUInt16LE(topics, at + 30);
  bytes.writeUInt32LE(records, at + 32);
};

/** Writes what is known only when the frame goes to the disk, and the CRC over all of it. */
export const sealFrame = (bytes: Buffer, at: number, end: number, head: FrameHead, checksum: Checksum): void => {
  bytes.writeUInt32LE(end - at, at + 8);
  bytes.writeUInt32LE(head.back, at + 12);
  bytes.writeUIntLE(head.offset, at + 16, 6);
  bytes.writeUIntLE(head.time, at + 24, 6);
  bytes.writeUInt32LE(checksum(bytes.subarray(at + AFTER_CRC, end)), at + 4);
};

/** What lies at a place: how long a whole frame, `more` bytes needed to tell, or no frame. */
export type Probe = { readonly whole: number } | { readonly more: number } | undefined;

/**
 * @param end where the bytes in hand end
 * @param limit how many bytes the segment has from `at` on: a frame that claims more was cut or is damaged
 */
export const probeFrame = (bytes: Buffer, at: number, end: number, limit: number, checksum: Checksum): Probe => {
  if (limit < FRAME_HEADER) return undefined;
  if (end - at < FRAME_HEADER) return { more: FRAME_HEADER };
  if (bytes.readUInt32LE(at) !== MARKER_NUMBER) return undefined;
  const length = bytes.readUInt32LE(at + 8);
  if (length < FRAME_HEADER || length > FRAME_MAX || length > limit) return undefined;
  if (end - at < length) return { more: length };
  const crc = bytes.readUInt32LE(at + 4);
  return checksum(bytes.subarray(at + AFTER_CRC, at + length)) === crc ? { whole: length } : undefined;
};

export const frameAt = (bytes: Buffer, at: number, length: number, position: number): Frame => ({
  position,
  length,
  back: bytes.readUInt32LE(at + 12),
  offset: bytes.readUIntLE(at + 16, 6),
  kind: bytes[at + 22]!,
  time: bytes.readUIntLE(at + 24, 6),
  topics: bytes.readUInt16LE(at + 30),
  records: bytes.readUInt32LE(at + 32),
  bytes,
  at,
});
