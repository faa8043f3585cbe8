import { fault } from "#sdk/errors.ts";
import { type Deferred, deferred } from "../deferred.ts";
import type { Generation } from "./membership.ts";

export interface CommitsParts {
  readonly topic: string;
  send(generation: Generation, offsets: ReadonlyMap<number, number>): Promise<"done" | "lost">;
}

interface Round {
  readonly generation: Generation;
  readonly offsets: Map<number, number>;
  readonly answer: Deferred<void>;
}

/** What handlers commit: one request at a time, and what comes meanwhile shares the next. */
export class Commits {
  readonly #parts: CommitsParts;
  #waiting: Round | undefined;
  #sending: Promise<void> | undefined;

  constructor(parts: CommitsParts) {
    this.#parts = parts;
  }

  add(generation: Generation, partition: number, offset: number): Promise<void> {
    if (this.#waiting !== undefined && this.#waiting.generation.number !== generation.number) this.lose();
    this.#waiting ??= { generation, offsets: new Map(), answer: deferred<void>() };
    this.#waiting.offsets.set(partition, offset);
    const { promise } = this.#waiting.answer;
    this.#start();
    return promise;
  }

  /** Resolves when nothing is to be committed any more. */
  async flushed(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  /** What waits belongs to others now. */
  lose(): void {
    const lost = this.#waiting;
    this.#waiting = undefined;
    if (lost !== undefined) this.#reject(lost);
  }

  end(): void {
    this.lose();
  }

  #start(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#waiting !== undefined) this.#start();
    });
  }

  async #sendAll(): Promise<void> {
    // So that what is committed in one turn goes together.
    await undefined;
    for (let round = this.#waiting; round !== undefined; round = this.#waiting) {
      this.#waiting = undefined;
      try {
        if ((await this.#parts.send(round.generation, round.offsets)) === "done") round.answer.resolve();
        else this.#reject(round);
      } catch (e) {
        round.answer.reject(e);
      }
    }
  }

  #reject({ offsets, answer }: Round): void {
    const [partition = 0] = offsets.keys();
    // A commit need not be waited for.
    answer.promise.catch(() => undefined);
    answer.reject(fault("log-partition-lost", { topic: this.#parts.topic, partition }));
  }
}
