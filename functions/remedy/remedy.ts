import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { Log, LogRecord, NewRecord, Subscription } from "#broker/log/log.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { dueFlaw } from "#sdk/shapes.ts";
import { meet } from "./function.ts";

export interface RemedyOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly logger: Pick<Logger, "error">;
  /** Who asks. The defender goes by the caller's token all the same. */
  readonly actor: string;
  /** The defender's answer; whatever rejects is a denial. */
  readonly decide: (request: OperationRequest, traceparent?: string) => Promise<Decision>;
  /** What it would say; spends nothing. */
  readonly explain: (request: OperationRequest) => Promise<Decision>;
  /** A decision as lines for people. */
  readonly say: (decision: Decision) => string;
}

/** Requests that are asked at once. */
const FLIGHTS = 64;

/**
 * Meets what is due with the defender, and says on topic `remedies` what came of it. It holds no state and no rights: what
 * was asked and not said when it ends is asked again, and has the same answer.
 */
export class Remedy {
  readonly #options: RemedyOptions;
  readonly #reader: RecordReader;
  #subscription: Subscription | undefined;

  constructor(options: RemedyOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "remedy" });
  }

  start(): void {
    const { log } = this.#options;
    const options = { topic: "due", group: "remedy", maxBatch: FLIGHTS };
    this.#subscription = log.subscribe(options, async (records, reading) => {
      const answers = await Promise.all(records.map((record) => this.#meet(record)));
      const said = answers.filter((one) => one !== undefined);
      if (said.length > 0) await log.append(said);
      await this.#reader.settled;
      const last = records.at(-1)!;
      void reading.commit(last.partition, last.offset + 1);
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  /** Rejects where it cannot go on. */
  get done(): Promise<void> {
    return this.#subscription?.done ?? Promise.resolve();
  }

  async #meet(record: LogRecord): Promise<NewRecord | undefined> {
    const due = this.#reader.read<RemedyDue>(record, TYPES.remedyDue, dueFlaw);
    if (!due) return undefined;
    return meet(due, this.#options);
  }
}
