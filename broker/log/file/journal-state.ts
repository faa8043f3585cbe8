import { parseJson } from "#sdk/event/json.ts";
import type { LogRecord } from "../log.ts";
import type { Arena } from "./arena.ts";
import { beginFrame, type Checksum, FRAME_HEADER, type Frame, KIND, sealFrame } from "./frame.ts";
import { decodeRecords, type TopicSpan } from "./record-codec.ts";

/** Groups' offsets are records of this topic. No topic that can be appended to has such a name. */
export const OFFSETS_TOPIC = "~offsets";

/** What the journal amounts to so far. A checkpoint of it begins every segment, so that older ones can go. */
export interface JournalState {
  /** The offset of the next record. */
  next: number;
  /** The time of the last record, Unix ms. */
  time: number;
  /** One past the last record, per topic. */
  readonly ends: Map<string, number>;
  /** What groups committed, by `groupKey`. */
  readonly groups: Map<string, number>;
}

export const emptyState = (): JournalState => ({ next: 0, time: 0, ends: new Map(), groups: new Map() });

/** Takes in the frame of one append. */
export const applyFrame = (state: JournalState, frame: Frame, spans: readonly TopicSpan[]): void => {
  state.next = frame.offset + frame.records;
  state.time = Math.max(state.time, frame.time);
  for (const { topic, last } of spans) {
    state.ends.set(topic, frame.offset + last + 1);
    if (topic !== OFFSETS_TOPIC) continue;
    const committed: LogRecord[] = [];
    decodeRecords(frame, OFFSETS_TOPIC, 0, Number.POSITIVE_INFINITY, committed);
    for (const { key, value } of committed) state.groups.set(key, Number(value));
  }
};

/** A sealed checkpoint at the arena's end. */
export const encodeCheckpoint = (arena: Arena, state: JournalState, checksum: Checksum): void => {
  const text = JSON.stringify({ ends: [...state.ends], groups: [...state.groups] });
  const start = arena.length;
  arena.reserve(FRAME_HEADER + 3 * text.length);
  beginFrame(arena.bytes, start, KIND.checkpoint, 0, 0);
  arena.length += FRAME_HEADER + arena.bytes.write(text, start + FRAME_HEADER);
  sealFrame(arena.bytes, start, arena.length, { back: 0, offset: state.next, time: state.time }, checksum);
};

export const decodeCheckpoint = (frame: Frame): JournalState => {
  const text = frame.bytes.toString("utf8", frame.at + FRAME_HEADER, frame.at + frame.length);
  const { ends, groups } = parseJson(text) as { ends: [string, number][]; groups: [string, number][] };
  return { next: frame.offset, time: frame.time, ends: new Map(ends), groups: new Map(groups) };
};
