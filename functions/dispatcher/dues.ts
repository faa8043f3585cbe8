import { setTimeout as wait } from "node:timers/promises";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import { deadLetterRecord } from "#broker/dead-letter/record.ts";
import { LowWater } from "#broker/dispatch/low-water.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { TYPES } from "#sdk/event/types.ts";
import { aboutOf, type RemedyDue, remedyRecord } from "#sdk/operation/remedy.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { dueFlaw } from "#sdk/shapes.ts";

export interface DuesOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn" | "error">;
  /** What the remedy function answers to it: a word of topic `remedies`. Rejects as dispatch does. */
  readonly ask: (due: RemedyDue, signal: AbortSignal) => Promise<Said>;
  /** At once. */
  readonly flights: number;
}

/** A word of topic `remedies`. */
export interface Said {
  readonly type: string;
  readonly data: Parameters<typeof remedyRecord>[2];
}

/** ms: an older one is denied anyhow, so nothing is asked for it any more. */
const TOO_OLD = 5 * 60_000;
/** Records in hand, waiting and in flight; beyond it no more are read. */
const MOST = 1_000;
const [FIRST, LONGEST] = [200, 5_000];

/**
 * Brings each remedy that is due to the remedy function, alone, and its answer to topic `remedies`. A real queue: where a
 * replica has committed, all before it is done with. What is asked twice has the same answer.
 */
export class Dues {
  readonly #options: DuesOptions;
  readonly #reader: RecordReader;
  readonly #low = new LowWater();
  readonly #stop = new AbortController();
  readonly #waiting: LogRecord[] = [];
  readonly #running = new Set<Promise<void>>();
  #subscription: Subscription | undefined;
  #hasRoom: (() => void) | undefined;
  readonly counts = { sent: 0, retried: 0, refused: 0 };

  constructor(options: DuesOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "dispatcher" });
  }

  get waiting(): number {
    return this.#waiting.length + this.#running.size;
  }

  start(): void {
    this.#subscription = this.#options.log.subscribe({ topic: "due", group: "remedy" }, (records) =>
      this.#take(records),
    );
  }

  /** Rejects where it cannot go on. */
  get done(): Promise<void> {
    return this.#subscription?.done ?? Promise.resolve();
  }

  /** What was not answered is asked by the next one. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#hasRoom?.();
    await Promise.all(this.#running);
    await this.#subscription?.close();
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    for (const record of records) this.#low.begin(record.partition, record.offset);
    this.#waiting.push(...records);
    this.#fly();
    while (this.waiting >= MOST && !this.#stop.signal.aborted)
      await new Promise<void>((resolve) => {
        this.#hasRoom = resolve;
      });
  }

  #fly(): void {
    while (this.#running.size < this.#options.flights && this.#waiting.length > 0) {
      const record = this.#waiting.shift()!;
      const flight: Promise<void> = this.#bring(record)
        .then(
          (isDone) => isDone && this.#finish(record),
          (e) => this.#options.logger.error({ err: sayError(e) }, "a remedy that is due is not answered"),
        )
        .then(() => {
          this.#running.delete(flight);
          this.#hasRoom?.();
          if (!this.#stop.signal.aborted) this.#fly();
        });
      this.#running.add(flight);
    }
  }

  #finish({ partition, offset }: LogRecord): void {
    this.#low.end(partition, offset);
    for (const [risen, next] of this.#low.risen()) void this.#subscription?.commit(risen, next);
  }

  /** Resolves with false where it was broken off. */
  async #bring(record: LogRecord): Promise<boolean> {
    const due = this.#reader.read<RemedyDue>(record, TYPES.remedyDue, dueFlaw);
    await this.#reader.settled;
    if (!due) return true;
    const { clock, log, logger } = this.#options;
    const { signal } = this.#stop;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        this.counts.sent += 1;
        const { type, data } = believed(due, await this.#options.ask(due, signal));
        await log.append([remedyRecord(type, sourceOf(due), data, traceOf(due))]);
        return true;
      } catch (e) {
        if (signal.aborted) return false;
        if (isFault(e, "dispatch-refused")) return this.#setAside(record, due, e, tries);
        if (clock.now() - due.due > TOO_OLD) {
          await log.append([denied(due, sayError(e))]);
          return true;
        }
        this.counts.retried += 1;
        if (tries === 1)
          logger.warn({ err: sayError(e), id: due.id }, "the remedy function does not answer; trying again");
        await wait(Math.min(FIRST * 2 ** (tries - 1), LONGEST), undefined, { signal }).catch(() => undefined); // stopped
      }
    }
    return false;
  }

  async #setAside(record: LogRecord, due: RemedyDue, e: Error, tries: number): Promise<boolean> {
    this.counts.refused += 1;
    const { topic, key, headers, value, partition, offset } = record;
    const cause = { code: (e as { code?: string }).code ?? "internal", message: sayError(e) };
    await this.#options.log.append([
      deadLetterRecord({ record: { topic, key, headers, value }, partition, offset, cause, tries, by: "dispatcher" }),
      denied(due, cause.message),
    ]);
    return true;
  }
}

const sourceOf = (due: RemedyDue): string => `/clusters/${encodeURIComponent(due.ailment.cluster)}/remedy`;

/** Nobody will ask for it any more: the healer hears of it, and makes it due anew where it must. */
const denied = (due: RemedyDue, why: string) => {
  const message = `The remedy function could not be asked, which means no: ${why}`.slice(0, 4_000);
  return remedyRecord(TYPES.remedyDenied, sourceOf(due), { ...aboutOf(due), message }, traceOf(due));
};

const traceOf = ({ ailment: { traceparent } }: RemedyDue) => ({ traceparent });

const WORDS: ReadonlySet<string> = new Set([
  ...[TYPES.remedyGranted, TYPES.remedyDenied, TYPES.remedyWaiting, TYPES.remedyObserved],
]);

/** An answer to something else is none. */
function believed(due: RemedyDue, said: Said): Said {
  const { id, cluster, target } = said.data;
  const about = aboutOf(due);
  const isOf = id === about.id && cluster === about.cluster && target?.uid === about.target.uid;
  if (WORDS.has(said.type) && isOf && (due.strategy === "act" || said.type === TYPES.remedyObserved)) return said;
  throw fault("dispatch-failed", { url: "the remedy function", what: `it answered to something else than ${due.id}` });
}
