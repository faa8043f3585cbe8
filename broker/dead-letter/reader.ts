import { setTimeout as wait } from "node:timers/promises";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { readability } from "#sdk/event/version.ts";
import type { Log, LogRecord } from "../log/log.ts";
import { type Cause, type DeadLetter, deadLetterRecord, letterId, readLetter } from "./record.ts";

export interface ReaderOptions {
  readonly log: Log;
  readonly logger: { error(details: object, message: string): void };
  /** Who reads: `ledger`, `healer`. */
  readonly by: string;
}

/** Why a value cannot be what it should; undefined: it can. */
export type Flaw = (value: unknown) => string | undefined;

/** ms */
const PAUSE_FIRST = 100;
const PAUSE_MOST = 5_000;

/** Reads records for a consumer. What cannot be read is set aside with its cause, never dropped, and holds up no other. */
export class RecordReader {
  readonly #options: ReaderOptions;
  /** Letters that there are; read when the first record is to be set aside. */
  #known: Promise<Set<string>> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** The data of a record of this type; undefined where it is of another one, a tombstone, or was set aside. */
  read<T>(record: LogRecord, type: string, flaw?: Flaw): T | undefined {
    const { headers, value } = record;
    if (value === null) return undefined;
    const { ce_type = "" } = headers;
    if (ce_type !== type) {
      const how = readability(ce_type, type);
      if (how === "newer") this.setAside(record, fault("record-newer", { type: ce_type, known: type }));
      if (how !== "known") return undefined;
    }
    return this.parse<T>(record, flaw);
  }

  /** The data of a record whose type says nothing, or was looked at before. */
  parse<T>(record: LogRecord, flaw?: Flaw): T | undefined {
    if (record.value === null) return undefined;
    try {
      const value = parseJson(record.value, { where: "The record's value" });
      const what = flaw?.(value);
      if (what === undefined) return value as T;
      this.setAside(record, fault("record-invalid", { what }));
    } catch (e) {
      this.setAside(record, { code: isFault(e) ? e.code : "record-invalid", message: sayError(e) });
    }
    return undefined;
  }

  setAside(
    record: LogRecord,
    { code, message }: Cause,
    more: Partial<Pick<DeadLetter, "tries" | "subscription">> = {},
  ) {
    const { logger, by } = this.#options;
    const { topic, key, headers, value, partition, offset } = record;
    logger.error({ topic, partition, offset, cause: code, err: message }, "a record is set aside");
    const letter: DeadLetter = {
      ...{ record: { topic, key, headers, value }, partition, offset },
      ...{ cause: { code, message }, tries: 1, by, ...more },
    };
    this.#writing = this.#writing.then(() => this.#write(letter));
  }

  /** Resolves when what was set aside is durable: a consumer waits for it before it commits. */
  get settled(): Promise<void> {
    return this.#writing;
  }

  /** Until it is written. Whoever reads all of a topic at each start sets the same aside once. */
  async #write(letter: DeadLetter): Promise<void> {
    const { log, logger } = this.#options;
    const id = letterId(letter);
    for (let pause = PAUSE_FIRST; ; pause = Math.min(pause * 2, PAUSE_MOST)) {
      try {
        this.#known ??= knownLetters(log);
        const known = await this.#known;
        if (known.has(id)) return;
        await log.append([deadLetterRecord(letter)]);
        known.add(id);
        return;
      } catch (e) {
        this.#known = undefined;
        // Who only reads leaves it to who works with it.
        if (isFault(e, "log-closed") || isFault(e, "log-read-only")) return;
        logger.error({ err: sayError(e) }, "a dead letter cannot be written; trying again");
        await wait(pause);
      }
    }
  }
}

async function knownLetters(log: Log): Promise<Set<string>> {
  const known = new Set<string>();
  for await (const records of log.read("dead-letters"))
    for (const record of records) {
      const letter = readLetter(record);
      if (letter) known.add(letterId(letter));
    }
  return known;
}
