import type { Checksum } from "./frame.ts";

/*
 * A segment's file begins with: 8 bytes "ROUNDSMN", 4 the format's version, 4 the CRC-32 of these 12 bytes and the ones
 * after it, 6 the segment's first offset, 4 how often the segment was written anew, 6 of 0. The first 16 bytes and the length mean the same in every version.
 */
export const SEGMENT_HEADER = 32;
export const FORMAT_VERSION = 1;
const MAGIC = "ROUNDSMN";

const crcOf = (header: Buffer, checksum: Checksum): number =>
  checksum(Buffer.concat([header.subarray(0, 12), header.subarray(16, SEGMENT_HEADER)]));

export interface SegmentHeader {
  readonly version: number;
  readonly firstOffset: number;
  /** Each time it was written anew without what is not needed any more: an index is good for one of them. */
  readonly generation: number;
}

export const encodeSegmentHeader = (
  firstOffset: number,
  checksum: Checksum,
  { version = FORMAT_VERSION, generation = 0 }: Partial<SegmentHeader> = {},
): Buffer => {
  const header = Buffer.alloc(SEGMENT_HEADER);
  header.write(MAGIC, 0, "latin1");
  header.writeUInt32LE(version, 8);
  header.writeUIntLE(firstOffset, 16, 6);
  header.writeUInt32LE(generation, 22);
  header.writeUInt32LE(crcOf(header, checksum), 12);
  return header;
};

/** `undefined` for a header that is cut or damaged. */
export const decodeSegmentHeader = (header: Buffer, checksum: Checksum): SegmentHeader | undefined => {
  if (header.length < SEGMENT_HEADER || header.toString("latin1", 0, 8) !== MAGIC) return undefined;
  if (header.readUInt32LE(12) !== crcOf(header, checksum)) return undefined;
  const [version, generation] = [header.readUInt32LE(8), header.readUInt32LE(22)];
  return { version, firstOffset: header.readUIntLE(16, 6), generation };
};

const SUFFIX = ".segment";
const DIGITS = 15;

export const segmentName = (firstOffset: number): string => `${String(firstOffset).padStart(DIGITS, "0")}${SUFFIX}`;

export const indexName = (firstOffset: number): string => `${String(firstOffset).padStart(DIGITS, "0")}.index`;

/** The first offset that a segment's name says; `undefined` for the name of anything else. */
export const firstOffsetOf = (name: string): number | undefined => {
  if (name.length !== DIGITS + SUFFIX.length || !name.endsWith(SUFFIX)) return undefined;
  const digits = name.slice(0, DIGITS);
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
};
