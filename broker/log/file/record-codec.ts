import { parseJson } from "#sdk/event/json.ts";
import type { Headers, LogRecord, NewRecord } from "../log.ts";
import type { Arena } from "./arena.ts";
import { beginFrame, FRAME_HEADER, type Frame, KIND } from "./frame.ts";

/*
 * A record in its frame: 1 byte of flags, 2 the topic's place in the frame's list, 2 length of key, 4 of headers, 4 of
 * value; then key, headers (JSON, nothing for none), value. Texts are UTF-8; one that UTF-8 cannot say (a lone
 * surrogate) is kept as a JSON string, so that every string comes back as it was.
 */
const RECORD_HEADER = 13;
const TOMBSTONE = 1;
const KEY_ESCAPED = 2;
const VALUE_ESCAPED = 4;

/** Where a topic's records are in a frame: places within it, both included. */
export interface TopicSpan {
  readonly topic: string;
  first: number;
  last: number;
  count: number;
  /** What its records take; of a frame that has no other topic, all of it. */
  bytes: number;
}

/** A frame in an arena, not sealed yet. */
export interface Draft {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly spans: readonly TopicSpan[];
}

const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed();

const escaped = (text: string): string => (isWellFormed(text) ? text : JSON.stringify(text));

const headerText = (headers: Headers): string => {
  const text = JSON.stringify(headers);
  return text === "{}" ? "" : text;
};

const NO_PLACES: ReadonlyMap<string, number> = new Map();

const spansOfRecords = (records: readonly NewRecord[]): { spans: TopicSpan[]; places: ReadonlyMap<string, number> } => {
  if (records.length === 1)
    return { spans: [{ topic: records[0]!.topic, first: 0, last: 0, count: 1, bytes: 0 }], places: NO_PLACES };
  const places = new Map<string, number>();
  const spans: TopicSpan[] = [];
  let current: TopicSpan | undefined;
  for (let at = 0; at < records.length; at++) {
    const topic = records[at]!.topic;
    if (current?.topic !== topic) {
      const place = places.get(topic);
      if (place === undefined) {
        places.set(topic, spans.length);
        current = { topic, first: at, last: at, count: 0, bytes: 0 };
        spans.push(current);
      } else {
        current = spans[place]!;
      }
    }
    current.last = at;
    current.count += 1;
  }
  return { spans, places };
};

const encodeRecord = (arena: Arena, record: NewRecord, place: number): void => {
  const { key, value } = record;
  const keyText = escaped(key);
  const headers = headerText(record.headers);
  const valueText = value === null ? "" : escaped(value);
  const head = keyText + headers;
  arena.reserve(RECORD_HEADER + 3 * (head.length + valueText.length));
  const { bytes } = arena;
  const at = arena.length;
  const headLength = bytes.write(head, at + RECORD_HEADER);
  const valueLength = bytes.write(valueText, at + RECORD_HEADER + headLength);
  // Where it took a byte for each unit, no length has to be measured.
  const keyLength = headLength === head.length ? keyText.length : Buffer.byteLength(keyText);
  bytes[at] =
    (value === null ? TOMBSTONE : 0) |
    (keyText === key ? 0 : KEY_ESCAPED) |
    (value === null || valueText === value ? 0 : VALUE_ESCAPED);
  bytes.writeUInt16LE(place, at + 1);
  bytes.writeUInt16LE(keyLength, at + 3);
  bytes.writeUInt32LE(headLength - keyLength, at + 5);
  bytes.writeUInt32LE(valueLength, at + 9);
  arena.length = at + RECORD_HEADER + headLength + valueLength;
};

/** Encodes one append as one frame at the arena's end. */
export const encodeRecords = (arena: Arena, records: readonly NewRecord[]): Draft => {
  const { spans, places } = spansOfRecords(records);
  const start = arena.length;
  arena.reserve(FRAME_HEADER + spans.length * 256);
  beginFrame(arena.bytes, start, KIND.records, spans.length, records.length);
  arena.length += FRAME_HEADER;
  for (const { topic } of spans) {
    const length = arena.bytes.write(topic, arena.length + 1);
    arena.bytes[arena.length] = length;
    arena.length += 1 + length;
  }
  for (const record of records) {
    const place = spans.length === 1 ? 0 : places.get(record.topic)!;
    const before = arena.length;
    encodeRecord(arena, record, place);
    spans[place]!.bytes += arena.length - before;
  }
  if (spans.length === 1) spans[0]!.bytes = arena.length - start;
  return { start, end: arena.length, count: records.length, spans };
};

/** Names of the frame's topics, and where its records begin in `frame.bytes`. */
const topicsOf = ({ bytes, at, topics }: Frame): { names: string[]; body: number } => {
  const names: string[] = [];
  let body = at + FRAME_HEADER;
  for (let i = 0; i < topics; i++) {
    const length = bytes[body]!;
    names.push(bytes.toString("latin1", body + 1, body + 1 + length));
    body += 1 + length;
  }
  return { names, body };
};

const recordEnd = (bytes: Buffer, at: number): number =>
  at + RECORD_HEADER + bytes.readUInt16LE(at + 3) + bytes.readUInt32LE(at + 5) + bytes.readUInt32LE(at + 9);

/** What the index needs to know of a frame. */
export const spansOf = (frame: Frame): readonly TopicSpan[] => {
  const { names, body } = topicsOf(frame);
  if (names.length === 1)
    return [{ topic: names[0]!, first: 0, last: frame.records - 1, count: frame.records, bytes: frame.length }];
  const spans: TopicSpan[] = names.map((topic) => ({ topic, first: -1, last: -1, count: 0, bytes: 0 }));
  let at = body;
  for (let place = 0; place < frame.records; place++) {
    const span = spans[frame.bytes.readUInt16LE(at + 1)]!;
    if (span.count === 0) span.first = place;
    span.last = place;
    span.count += 1;
    const end = recordEnd(frame.bytes, at);
    span.bytes += end - at;
    at = end;
  }
  return spans;
};

const decodeRecord = (bytes: Buffer, at: number, topic: string, offset: number, time: number): LogRecord => {
  const flags = bytes[at]!;
  const keyAt = at + RECORD_HEADER;
  const headersAt = keyAt + bytes.readUInt16LE(at + 3);
  const valueAt = headersAt + bytes.readUInt32LE(at + 5);
  const key = bytes.toString("utf8", keyAt, headersAt);
  const headers = valueAt === headersAt ? {} : (parseJson(bytes.toString("utf8", headersAt, valueAt)) as Headers);
  const value =
    (flags & TOMBSTONE) !== 0 ? null : bytes.toString("utf8", valueAt, valueAt + bytes.readUInt32LE(at + 9));
  return {
    topic,
    key: (flags & KEY_ESCAPED) !== 0 ? (parseJson(key) as string) : key,
    headers,
    value: value !== null && (flags & VALUE_ESCAPED) !== 0 ? (parseJson(value) as string) : value,
    partition: 0,
    offset,
    time,
  };
};

/** Appends to `into` the frame's records of one topic with `from <= offset < to`. */
export const decodeRecords = (frame: Frame, topic: string, from: number, to: number, into: LogRecord[]): void => {
  if (frame.offset >= to || frame.offset + frame.records <= from) return;
  const { names, body } = topicsOf(frame);
  const wanted = names.indexOf(topic);
  if (wanted < 0) return;
  let at = body;
  const end = Math.min(frame.offset + frame.records, to);
  for (let offset = frame.offset; offset < end; offset++) {
    if (offset >= from && frame.bytes.readUInt16LE(at + 1) === wanted) {
      into.push(decodeRecord(frame.bytes, at, topic, offset, frame.time));
    }
    at = recordEnd(frame.bytes, at);
  }
};

/** Stands for records between others that were taken out, so that the ones after them keep their offsets. */
export const GONE = "~gone";

/**
 * Encodes the records of a frame that are wanted as a frame at the arena's end, not sealed: each with the offset it had.
 * `undefined`: none is. Its bytes are taken over, nothing is decoded.
 */
export const encodeKept = (
  arena: Arena,
  frame: Frame,
  isKept: (topic: string, offset: number) => boolean,
): { readonly draft: Draft; readonly offset: number } | undefined => {
  const { names, body } = topicsOf(frame);
  const records: { place: number; from: number; to: number }[] = [];
  let [first, last] = [-1, -1];
  let at = body;
  for (let place = 0; place < frame.records; place++) {
    const [topic, to] = [frame.bytes.readUInt16LE(at + 1), recordEnd(frame.bytes, at)];
    const kept = isKept(names[topic]!, frame.offset + place);
    if (kept) last = place;
    if (kept && first < 0) first = place;
    records.push({ place: kept ? topic : -1, from: at, to });
    at = to;
  }
  if (first < 0) return undefined;
  const run = records.slice(first, last + 1);
  const topics = [...new Set(run.map(({ place }) => (place < 0 ? GONE : names[place]!)))];
  const spans: TopicSpan[] = topics.map((topic) => ({ topic, first: -1, last: -1, count: 0, bytes: 0 }));
  const start = arena.length;
  arena.reserve(FRAME_HEADER + topics.length * 256 + (at - body) + run.length * RECORD_HEADER);
  beginFrame(arena.bytes, start, KIND.records, topics.length, run.length);
  arena.length += FRAME_HEADER;
  for (const topic of topics) {
    const length = arena.bytes.write(topic, arena.length + 1, "latin1");
    arena.bytes[arena.length] = length;
    arena.length += 1 + length;
  }
  for (const [n, { place, from, to }] of run.entries()) {
    const topic = topics.indexOf(place < 0 ? GONE : names[place]!);
    const [into, before] = [arena.bytes, arena.length];
    if (place < 0) into.fill(0, before, before + RECORD_HEADER);
    else frame.bytes.copy(into, before, from, to);
    into.writeUInt16LE(topic, before + 1);
    arena.length += place < 0 ? RECORD_HEADER : to - from;
    const span = spans[topic]!;
    if (span.count === 0) span.first = n;
    span.last = n;
    span.count += 1;
    span.bytes += arena.length - before;
  }
  if (spans.length === 1) spans[0]!.bytes = arena.length - start;
  const draft = { start, end: arena.length, count: run.length, spans };
  return { draft, offset: frame.offset + first };
};
