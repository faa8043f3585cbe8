import type { LogRecord } from "../log.ts";
import { type DiskFile, errnoOf } from "./disk.ts";
import { readFault } from "./io-fault.ts";
import type { Journal, Segment } from "./journal.ts";
import { decodeRecords } from "./record-codec.ts";
import { type Damage, scanFrames } from "./scan.ts";
import { decodeSegmentHeader, SEGMENT_HEADER } from "./segment-header.ts";
import { damage } from "./warning.ts";

/** The bytes of a segment that can hold a topic's records at or past an offset. */
const rangeOf = ({ index }: Segment, topic: string, from: number): { from: number; to: number } | undefined => {
  const range = index.topics.get(topic);
  if (range === undefined || range.last < from) return undefined;
  return { from: Math.max(range.from, index.placeOf(from) ?? range.from), to: range.to };
};

async function* readSegment(
  file: DiskFile,
  range: { readonly from: number; readonly to: number },
  wanted: { readonly topic: string; readonly from: number; readonly to: number },
  journal: Journal,
  damaged: (damage: Damage) => void,
): AsyncGenerator<LogRecord[]> {
  for await (const steps of scanFrames(file, { ...range, checksum: journal.checksum })) {
    const records: LogRecord[] = [];
    for (const step of steps) {
      if (step.frame === undefined) damaged(step.damage);
      else decodeRecords(step.frame, wanted.topic, wanted.from, wanted.to, records);
    }
    if (records.length > 0) yield records;
  }
}

/** Which writing of the segment the file is; `undefined` where its head is damaged. */
const generationOf = async (file: DiskFile, { checksum }: Journal): Promise<number | undefined> => {
  const header = Buffer.alloc(SEGMENT_HEADER);
  const read = await file.read(header, 0, SEGMENT_HEADER, 0);
  return decodeSegmentHeader(header.subarray(0, read), checksum)?.generation;
};

/** The file, open; `undefined` where it was dropped after the reader began: nothing in it is needed any more. */
const openSegment = async (segment: Segment, { disk, segments, readOnly }: Journal): Promise<DiskFile | undefined> => {
  try {
    return await disk.open(segment.path, "read");
  } catch (error) {
    const isGone = errnoOf(error) === "ENOENT" && (readOnly || !segments.includes(segment));
    if (isGone) return undefined;
    throw error;
  }
};

/**
 * A topic's records with `from <= offset < to`, from the disk, as they come off it: about half a MiB at a time, or one
 * append. Segments without the topic are not opened; one that was dropped meanwhile is passed over, and one that was
 * written anew is read without its index. Damage is stepped over and said. Throws `log-unreadable`.
 */
export async function* readTopic(
  journal: Journal,
  topic: string,
  from: number,
  to: number,
): AsyncGenerator<LogRecord[]> {
  for (const segment of [...journal.segments]) {
    if (segment.firstOffset >= to) return;
    const indexed = rangeOf(segment, topic, from);
    if (indexed === undefined) continue;
    const { path, index } = segment;
    let file: DiskFile | undefined;
    try {
      file = await openSegment(segment, journal);
      if (file === undefined) continue;
      const isAnew = ((await generationOf(file, journal)) ?? index.generation) !== index.generation;
      const range = isAnew ? { from: SEGMENT_HEADER, to: await file.size() } : indexed;
      yield* readSegment(file, range, { topic, from, to }, journal, ({ position, end, records }) =>
        journal.warn(damage(path, position, end - position, records)),
      );
    } catch (error) {
      throw readFault(path, error);
    } finally {
      await file?.close();
    }
  }
}
