import { parseJson } from "#sdk/event/json.ts";
import type { LogRecord } from "../log.ts";
import type { Arena } from "./arena.ts";
import { beginFrame, type Checksum, FRAME_HEADER, type Frame, KIND, sealFrame } from "./frame.ts";
import { decodeRecords, type TopicSpan } from "./record-codec.ts";

/** Groups' offsets are records of this topic. No topic that can be appended to has such a name. */
export const OFFSETS_TOPIC = "~offsets";

/** Where topics begin, since what lies below was trimmed: records of this topic. */
export const STARTS_TOPIC = "~starts";

export const isInternal = (topic: string): boolean => topic.startsWith("~");

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
  /** Below which offset a topic's records are not needed any more. */
  readonly starts: Map<string, number>;
}

export const emptyState = (): JournalState => ({
  next: 0,
  time: 0,
  ends: new Map(),
  groups: new Map(),
  starts: new Map(),
});

const read = (frame: Frame, topic: string): LogRecord[] => {
  const records: LogRecord[] = [];
  decodeRecords(frame, topic, 0, Number.POSITIVE_INFINITY, records);
  return records;
};

/** A topic begins there, or further on where that was said before. */
export const raiseStart = ({ starts }: JournalState, topic: string, before: number): void =>
  void starts.set(topic, Math.max(starts.get(topic) ?? 0, before));

/** Takes in the frame of one append. */
export const applyFrame = (state: JournalState, frame: Frame, spans: readonly TopicSpan[]): void => {
  state.next = frame.offset + frame.records;
  state.time = Math.max(state.time, frame.time);
  for (const { topic, last } of spans) {
    state.ends.set(topic, frame.offset + last + 1);
    if (topic === OFFSETS_TOPIC) for (const { key, value } of read(frame, topic)) state.groups.set(key, Number(value));
    if (topic === STARTS_TOPIC) for (const { key, value } of read(frame, topic)) raiseStart(state, key, Number(value));
  }
};

/** A sealed checkpoint at the arena's end. */
export const encodeCheckpoint = (arena: Arena, state: JournalState, checksum: Checksum): void => {
  const { ends, groups, starts } = state;
  const text = JSON.stringify({ ends: [...ends], groups: [...groups], starts: [...starts] });
  const start = arena.length;
  arena.reserve(FRAME_HEADER + 3 * text.length);
  beginFrame(arena.bytes, start, KIND.checkpoint, 0, 0);
  arena.length += FRAME_HEADER + arena.bytes.write(text, start + FRAME_HEADER);
  sealFrame(arena.bytes, start, arena.length, { back: 0, offset: state.next, time: state.time }, checksum);
};

export const decodeCheckpoint = (frame: Frame): JournalState => {
  const text = frame.bytes.toString("utf8", frame.at + FRAME_HEADER, frame.at + frame.length);
  // Before there was trimming it had no starts.
  const { ends, groups, starts = [] } = parseJson(text) as Record<"ends" | "groups" | "starts", [string, number][]>;
  const state = { ends: new Map(ends), groups: new Map(groups), starts: new Map(starts) };
  return { next: frame.offset, time: frame.time, ...state };
};
