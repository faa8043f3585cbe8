import type { DiskFile } from "./disk.ts";
import { type Checksum, type Frame, KIND } from "./frame.ts";
import { applyFrame, decodeCheckpoint, type JournalState } from "./journal-state.ts";
import { spansOf } from "./record-codec.ts";
import { type Damage, scanFrames } from "./scan.ts";
import { SEGMENT_HEADER } from "./segment-header.ts";
import { SegmentIndex } from "./segment-index.ts";

export interface ReplayOptions {
  readonly firstOffset: number;
  /** Whether the segment's header can be believed. If not, frames are looked for from the first byte on. */
  readonly headerGood: boolean;
  readonly generation: number;
  readonly size: number;
  readonly checksum: Checksum;
  /** Records from this offset on were given up for those of the next segment, and do not count. */
  readonly limit?: number;
  /** The state before this segment, where its own checkpoint is damaged. */
  before(): Promise<JournalState>;
}

export interface Replay {
  readonly index: SegmentIndex;
  readonly state: JournalState;
  readonly damages: readonly Damage[];
  /** The checkpoint at its head is gone: the next start would have to ask the segments before again. */
  readonly headDamaged: boolean;
  /** Where the write began that the last whole frame belongs to. */
  readonly lastWrite: number;
}

/** Reads one segment from end to end: what it holds, what the journal amounts to after it, what is damaged. */
export const replaySegment = async (file: DiskFile, options: ReplayOptions): Promise<Replay> => {
  const { firstOffset, headerGood, generation, size, limit, checksum } = options;
  const start = headerGood ? SEGMENT_HEADER : 0;
  const index = new SegmentIndex(start, firstOffset, generation);
  const damages: Damage[] = [];
  let state: JournalState | undefined;
  let headDamaged = !headerGood;
  let lastWrite = 0;
  let damaged: Damage | undefined;

  const stateBefore = async (): Promise<JournalState> => {
    headDamaged = true;
    const before = await options.before();
    before.next = Math.max(before.next, firstOffset);
    return before;
  };

  const take = (frame: Frame, known: JournalState): void => {
    if (damaged !== undefined) damages.push(damaged);
    damaged = undefined;
    if (frame.kind === KIND.records) {
      const spans = spansOf(frame);
      applyFrame(known, frame, spans);
      index.add(frame.position, frame.length, frame.offset, frame.records, spans);
    }
    // A frame without records tells too how far offsets had come: further than the frames that can be read, maybe.
    known.next = Math.max(known.next, frame.offset);
    known.time = Math.max(known.time, frame.time);
    index.next = Math.max(index.next, frame.offset);
    index.end = frame.position + frame.length;
    lastWrite = frame.position - frame.back;
  };

  scan: for await (const steps of scanFrames(file, { from: start, to: size, checksum, minOffset: firstOffset })) {
    for (const { frame, damage } of steps) {
      if (frame === undefined) {
        damaged = damage;
        continue;
      }
      if (limit !== undefined && frame.records > 0 && frame.offset >= limit) {
        damaged = undefined;
        break scan;
      }
      // A segment that was written anew ends with one too.
      if (frame.kind === KIND.checkpoint) state = decodeCheckpoint(frame);
      state ??= await stateBefore();
      take(frame, state);
    }
  }
  if (damaged !== undefined) damages.push(damaged);
  state ??= await stateBefore();
  return { index, state, damages, headDamaged, lastWrite };
};
