import type { LogRecord } from "../log.ts";
import type { DiskFile } from "./disk.ts";
import { readFault } from "./io-fault.ts";
import type { Journal, Segment } from "./journal.ts";
import { decodeRecords } from "./record-codec.ts";
import { type Damage, scanFrames } from "./scan.ts";
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

/**
 * A topic's records with `from <= offset < to`, from the disk, as they come off it: about half a MiB at a time, or one
 * append. Segments without the topic are not opened. Damage is stepped over and said. Throws `log-unreadable`.
 */
export async function* readTopic(
  journal: Journal,
  topic: string,
  from: number,
  to: number,
): AsyncGenerator<LogRecord[]> {
  for (const segment of [...journal.segments]) {
    if (segment.firstOffset >= to) return;
    const range = rangeOf(segment, topic, from);
    if (range === undefined) continue;
    const { path } = segment;
    let file: DiskFile | undefined;
    try {
      file = await journal.disk.open(path, "read");
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
