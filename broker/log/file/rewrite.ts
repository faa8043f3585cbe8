import { Arena } from "./arena.ts";
import type { DiskFile } from "./disk.ts";
import { type Checksum, type Frame, KIND, sealFrame } from "./frame.ts";
import type { Segment } from "./journal.ts";
import { isInternal } from "./journal-state.ts";
import { encodeKept, GONE } from "./record-codec.ts";
import { scanFrames } from "./scan.ts";
import { encodeSegmentHeader, SEGMENT_HEADER } from "./segment-header.ts";
import { SegmentIndex } from "./segment-index.ts";

/** Where topics begin now. */
export type Starts = ReadonlyMap<string, number>;

/** How many bytes of a closed segment's records are still needed, about; and how many would be gone in a new one. */
export const bytesOf = ({ index }: Segment, starts: Starts): { readonly needed: number; readonly needless: number } => {
  let [needed, needless] = [0, 0];
  for (const [topic, { first, last, bytes }] of index.topics) {
    if (topic === GONE) continue;
    const start = starts.get(topic) ?? 0;
    // What the journal says of itself, the segment after it says anew.
    const share = isInternal(topic) ? 0 : Math.min(1, Math.max(0, last - start + 1) / (last - first + 1));
    needed += Math.ceil(bytes * share);
    needless += bytes - Math.ceil(bytes * share);
  }
  return { needed, needless };
};

/** The checkpoint that a segment begins with, as it lies there; `undefined` where it is damaged. */
export const checkpointOf = async (file: DiskFile, checksum: Checksum): Promise<Buffer | undefined> => {
  const to = await file.size();
  for await (const [step] of scanFrames(file, { from: SEGMENT_HEADER, to, checksum, chunkBytes: 4096 })) {
    const { frame } = step!;
    if (frame?.kind !== KIND.checkpoint) return undefined;
    return Buffer.from(frame.bytes.subarray(frame.at, frame.at + frame.length));
  }
  return undefined;
};

/** A segment written anew: its bytes, and their index. */
export interface Rewritten {
  readonly bytes: Uint8Array;
  readonly index: SegmentIndex;
}

/**
 * A closed segment without the records that are not needed, each of the others under its offset. It ends with the checkpoint
 * of the one after it, which stands for what the journal said of itself in between, and for how far offsets had come.
 * `undefined` where anything in it is damaged: then it stays as it is.
 */
export async function rewriteSegment(
  file: DiskFile,
  { firstOffset, index }: Segment,
  { starts, after, checksum }: { readonly starts: Starts; readonly after: Uint8Array; readonly checksum: Checksum },
): Promise<Rewritten | undefined> {
  const generation = index.generation + 1;
  const arena = new Arena();
  arena.length = encodeSegmentHeader(firstOffset, checksum, { generation }).copy(arena.bytes);
  const anew = new SegmentIndex(arena.length, firstOffset, generation);
  const isKept = (topic: string, offset: number) => !isInternal(topic) && offset >= (starts.get(topic) ?? 0);

  const keep = (frame: Frame): void => {
    const kept = encodeKept(arena, frame, isKept);
    if (kept === undefined) return;
    const { draft, offset } = kept;
    sealFrame(arena.bytes, draft.start, draft.end, { back: 0, offset, time: frame.time }, checksum);
    anew.add(draft.start, draft.end - draft.start, offset, draft.count, draft.spans);
  };
  const put = (bytes: Uint8Array): void => {
    arena.reserve(bytes.length);
    arena.bytes.set(bytes, arena.length);
    arena.length += bytes.length;
  };

  let isFirst = true;
  for await (const steps of scanFrames(file, { from: SEGMENT_HEADER, to: index.end, checksum }))
    for (const { frame } of steps) {
      if (frame === undefined || (isFirst && frame.kind !== KIND.checkpoint)) return undefined;
      if (isFirst) put(frame.bytes.subarray(frame.at, frame.at + frame.length));
      else if (frame.kind === KIND.records) keep(frame);
      isFirst = false;
    }
  if (isFirst) return undefined;
  put(after);
  anew.end = arena.length;
  anew.next = index.next;
  return { bytes: arena.bytes.subarray(0, arena.length), index: anew };
}
