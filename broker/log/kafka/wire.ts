import Encoder from "kafkajs/src/protocol/encoder.js";
import errors from "kafkajs/src/protocol/error.js";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { groupBy } from "./group-by.ts";
import type { Nodes } from "./nodes.ts";
import { type ReadBatches, readBatches } from "./read-batches.ts";

/** One batch for one partition, as `encodeBatch` made it. */
export interface Produce {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

/** What became of one partition's part of a request: each has its own outcome. */
export interface Outcome {
  readonly topic: string;
  readonly partition: number;
  readonly error?: WireError;
}

export interface Produced extends Outcome {
  readonly base: number;
  /** The broker's; -1 where the topic keeps the writer's. */
  readonly time: number;
}

export interface Fetch {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
}

export interface Fetched extends Outcome, ReadBatches {
  /** One past the last record that may be read. */
  readonly end: number;
  /** The first that is still kept. */
  readonly start: number;
}

/** An error code of Kafka, with kafkajs's words. */
export interface WireError extends Error {
  readonly type?: string;
  readonly retriable?: boolean;
}

const errorOf = (code: number): { error?: WireError } =>
  code === 0 ? {} : { error: errors.createErrorFromCode(code) };

const bodyOf = (writer: ByteWriter): Encoder => new Encoder(writer.length).writeBuffer(writer.bytes());

/** `each` once per topic, with that topic's parts. */
const perTopic = <T extends { readonly topic: string }>(
  writer: ByteWriter,
  parts: readonly T[],
  each: (part: T) => void,
): void => {
  const topics = groupBy(parts, ({ topic }) => topic);
  writer.int32(topics.size);
  for (const [topic, own] of topics) {
    writer.text(topic);
    writer.int32(own.length);
    own.forEach(each);
  }
};

const readTopics = <T>(reader: ByteReader, partition: (topic: string) => T): T[] => {
  const all: T[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.text()!;
    for (let partitions = reader.int32(); partitions > 0; partitions--) all.push(partition(topic));
  }
  return all;
};

/** acks=all: answered when all replicas that are in sync hold it. */
export const produce = (
  nodes: Nodes,
  node: number,
  parts: readonly Produce[],
  timeout: number,
): Promise<Produced[]> => {
  const writer = new ByteWriter(parts.reduce((sum, { batch }) => sum + batch.length + 64, 64));
  writer.text(null);
  writer.int16(-1);
  writer.int32(timeout);
  perTopic(writer, parts, ({ partition, batch }) => {
    writer.int32(partition);
    writer.int32(batch.length);
    writer.raw(batch);
  });
  return nodes.raw(node, {
    api: "Produce",
    version: 7,
    body: bodyOf(writer),
    decode(payload) {
      const reader = new ByteReader(payload);
      return readTopics(reader, (topic) => {
        const partition = reader.int32();
        const error = errorOf(reader.int16());
        const [base, time] = [reader.int64(), reader.int64()];
        reader.skip(8);
        return { topic, partition, base, time, ...error };
      });
    },
  });
};

export interface FetchLimits {
  /** How long a broker may wait for something to come, in ms. */
  readonly wait: number;
  readonly bytes: number;
  readonly partitionBytes: number;
}

const COMMITTED = 1;

/** Reads what is committed. Of a partition that has something at `from` comes one batch at least, however large. */
export const fetchFrom = (
  nodes: Nodes,
  node: number,
  parts: readonly Fetch[],
  { wait, bytes, partitionBytes }: FetchLimits,
): Promise<Fetched[]> => {
  const writer = new ByteWriter(256);
  writer.int32(-1);
  writer.int32(wait);
  writer.int32(1);
  writer.int32(bytes);
  writer.int8(COMMITTED);
  writer.int32(0);
  writer.int32(-1);
  perTopic(writer, parts, ({ partition, from }) => {
    writer.int32(partition);
    writer.int32(-1);
    writer.int64(from);
    writer.int64(-1);
    writer.int32(partitionBytes);
  });
  writer.int32(0);
  writer.text("");
  return nodes.raw(node, {
    api: "Fetch",
    version: 11,
    body: bodyOf(writer),
    decode(payload) {
      const reader = new ByteReader(payload);
      reader.skip(4);
      const { error } = errorOf(reader.int16());
      if (error !== undefined) throw error;
      reader.skip(4);
      return readTopics(reader, (topic) => readPartition(reader, topic, parts));
    },
  });
};

const readPartition = (reader: ByteReader, topic: string, asked: readonly Fetch[]): Fetched => {
  const partition = reader.int32();
  const error = errorOf(reader.int16());
  reader.skip(8);
  const [end, start] = [reader.int64(), reader.int64()];
  const aborted = Array.from({ length: Math.max(0, reader.int32()) }, () => ({
    producer: reader.int64(),
    first: reader.int64(),
  })).sort((a, b) => a.first - b.first);
  reader.skip(4);
  const length = Math.max(0, reader.int32());
  const set = new ByteReader(reader.buffer, reader.at, reader.at + length);
  reader.skip(length);
  const from = asked.find((one) => one.topic === topic && one.partition === partition)?.from ?? 0;
  return { topic, partition, end, start, ...error, ...readBatches(set, { topic, partition, from, aborted }) };
};

/** The first offset that is kept, or the one past the last that may be read. */
export type Bound = "start" | "end";

export const listOffsets = async (
  nodes: Nodes,
  node: number,
  parts: readonly { readonly topic: string; readonly partition: number }[],
  bound: Bound,
): Promise<(Outcome & { readonly offset: number })[]> => {
  const timestamp = bound === "start" ? "-2" : "-1";
  const topics = [...groupBy(parts, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    partitions: own.map(({ partition }) => ({ partition, timestamp })),
  }));
  const { responses } = await nodes.call<{
    responses: { topic: string; partitions: { partition: number; errorCode: number; offset: string }[] }[];
  }>(node, { api: "ListOffsets", arguments: { isolationLevel: COMMITTED, topics }, parse: false });
  return responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, errorCode, offset }) => ({
      topic,
      partition,
      offset: Number(offset),
      ...errorOf(errorCode),
    })),
  );
};

/** Kafka keeps nothing below these offsets from here on. */
export const deleteRecords = async (
  nodes: Nodes,
  node: number,
  parts: readonly { readonly topic: string; readonly partition: number; readonly before: number }[],
  timeout: number,
): Promise<Outcome[]> => {
  const topics = [...groupBy(parts, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    partitions: own.map(({ partition, before }) => ({ partition, offset: String(before) })),
  }));
  const answer = await nodes.call<{
    topics: { topic: string; partitions: { partition: number; errorCode: number }[] }[];
  }>(node, { api: "DeleteRecords", arguments: { topics, timeout }, parse: false });
  return answer.topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, errorCode }) => ({ topic, partition, ...errorOf(errorCode) })),
  );
};
