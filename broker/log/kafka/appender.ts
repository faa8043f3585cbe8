import { fault } from "#sdk/errors.ts";
import { admit } from "../admit.ts";
import { deferred } from "../deferred.ts";
import type { NewRecord, Position } from "../log.ts";
import { groupBy } from "./group-by.ts";
import type { Producer } from "./producer.ts";
import { TopicQueue, type TopicQueueParts } from "./topic-queue.ts";

export interface AppenderParts extends Omit<TopicQueueParts, "push" | "spec"> {
  readonly producer: Producer;
  specOf(topic: string): TopicQueueParts["spec"];
  /** What may wait for an answer, in bytes: beyond it an append is refused, with nothing of it taken. */
  readonly most: number;
  /** The topic's partitions, once it is there. */
  partitions(topic: string): Promise<number>;
}

/** What was appended and has no answer yet. */
export interface Waiting {
  readonly records: number;
  /** About as much as they take in memory. */
  readonly bytes: number;
}

/** Of a record in memory, beside its texts. */
const RECORD_BYTES = 400;

const sizeOf = (records: readonly NewRecord[]): number => {
  let bytes = records.length * RECORD_BYTES;
  for (const { key, headers, value } of records) {
    bytes += key.length + (value?.length ?? 0);
    for (const name of Object.keys(headers)) bytes += name.length + headers[name]!.length;
  }
  return bytes;
};

/** Turns appends into what the lanes of their topics hold, and outcomes into answers. */
export class Appender {
  readonly #parts: AppenderParts;
  readonly #queues = new Map<string, TopicQueue>();
  readonly #open = new Set<Promise<unknown>>();
  #records = 0;
  #bytes = 0;

  constructor(parts: AppenderParts) {
    this.#parts = parts;
  }

  get waiting(): Waiting {
    return { records: this.#records, bytes: this.#bytes };
  }

  /** Throws what `admit` throws, and `log-kafka-full`. One append is always taken where nothing waits. */
  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    admit(records);
    if (records.length === 0) return Promise.resolve([]);
    const bytes = sizeOf(records);
    const { most } = this.#parts;
    if (this.#records > 0 && this.#bytes + bytes > most)
      throw fault("log-kafka-full", { bytes: this.#bytes, limit: most });
    const placed = records.map((record, place) => ({ record: { ...record, headers: { ...record.headers } }, place }));
    const parts = groupBy(placed, ({ record }) => record.topic);
    // All are known before anything is written of one.
    const queues = [...parts.keys()].map((topic) => this.#queue(topic));
    const answer = deferred<readonly Position[]>();
    const positions: Position[] = [];
    let left = records.length;
    let failure: { readonly error: unknown } | undefined;
    const settled = (count: number): void => {
      left -= count;
      if (left > 0) return;
      if (failure === undefined) answer.resolve(positions);
      else answer.reject(failure.error);
    };
    for (const [at, [topic, own]] of [...parts].entries()) {
      queues[at]!.push({
        records: own,
        placed(place, partition, offset, time) {
          positions[place] = { topic, partition, offset, time };
          settled(1);
        },
        failed(error, count = own.length) {
          failure ??= { error };
          settled(count);
        },
      });
    }
    this.#open.add(answer.promise);
    this.#records += records.length;
    this.#bytes += bytes;
    const forget = () => {
      this.#open.delete(answer.promise);
      this.#records -= records.length;
      this.#bytes -= bytes;
    };
    answer.promise.then(forget, forget);
    return answer.promise;
  }

  /** Sends nothing of the topic that is appended from now on before the returned function is called. */
  hold(topic: string): () => void {
    return this.#queue(topic).hold();
  }

  /** From now on nothing waits for company; what has no answer when `giveUp` says so is told that it will have none. */
  hurry(giveUp: AbortSignal): void {
    this.#parts.producer.hurry();
    giveUp.addEventListener("abort", () => this.#abandon(), { once: true });
  }

  /** Resolves when all that was appended has its answer. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#open);
    this.#parts.producer.stop();
  }

  #abandon(): void {
    this.#parts.producer.stop();
    const error = fault("log-closed", {});
    for (const queue of this.#queues.values()) {
      queue.fail(error);
      for (const lane of queue.lanes) lane.abandon(error);
    }
  }

  #queue(topic: string): TopicQueue {
    const known = this.#queues.get(topic);
    if (known !== undefined) return known;
    const { producer, partitions, specOf, limits, entryBytes, mark } = this.#parts;
    const queue = new TopicQueue(topic, {
      spec: specOf(topic),
      limits,
      entryBytes,
      mark,
      push: (lane, entry) => producer.push(lane, entry),
    });
    this.#queues.set(topic, queue);
    partitions(topic).then(
      (count) => queue.open(count),
      (error) => {
        this.#queues.delete(topic);
        queue.fail(error);
      },
    );
    return queue;
  }
}
