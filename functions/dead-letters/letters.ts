import { type Cause, type DeadLetter, letterId, readLetter } from "#broker/dead-letter/record.ts";
import type { Log, LogRecord } from "#broker/log/log.ts";
import { lookBack } from "#broker/log/look-back.ts";
import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
import { type Page, pageOf } from "#sdk/serve/page.ts";

/** That a letter was evaluated again: a record of topic `dead-letters`. */
export interface Replayed {
  /** The letter's number. */
  readonly letter: number;
  readonly by: string;
  /** What was done, for people. */
  readonly did: string;
}

/** A dead letter as it is listed: all but the record's headers and value. */
export interface Listed {
  /** What it is called: its offset in topic `dead-letters`. */
  readonly letter: number;
  /** RFC 3339: when it was set aside. */
  readonly at: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly cause: Cause;
  readonly tries: number;
  readonly by: string;
  readonly subscription?: string;
  readonly replayed?: Omit<Replayed, "letter"> & { readonly at: string };
}

/** One in full: the record as it was. */
export interface Shown extends Listed {
  readonly record: DeadLetter["record"];
}

export interface LettersQuery extends Page {
  readonly topic?: string;
  /** A glob of the cause's code. */
  readonly cause?: string;
  /** Also those that were replayed. */
  readonly all?: boolean;
}

/** A query as it is written: by a person, or in an address. Throws `request-invalid`. */
export function lettersQuery(words: Readonly<Record<string, string | undefined>>, now: number): LettersQuery {
  const { topic, cause, all } = words;
  return {
    ...pageOf(words, now),
    ...(topic !== undefined && { topic }),
    ...(cause !== undefined && { cause }),
    ...(all === "true" && { all: true }),
  };
}

/** What was set aside, newest first; on any driver of the log. Set aside twice it is listed once. */
export async function listLetters(log: Log, query: LettersQuery): Promise<{ letters: Listed[]; before?: number }> {
  const { since = 0, topic, cause, all = false, limit, before } = query;
  // A page of older ones must know what was replayed after it.
  const replays = await readReplays(log);
  const seen = new Set<string>();
  const { found, before: older } = await lookBack(log, "dead-letters", {
    limit,
    before,
    take: (record) => {
      if (record.time < since) return "old";
      const letter = readLetter(record);
      if (!letter || (topic !== undefined && letter.record.topic !== topic)) return undefined;
      if (cause !== undefined && !matchesGlob(cause, letter.cause.code)) return undefined;
      const id = letterId(letter);
      const replayed = replays.get(record.offset);
      if (seen.has(id) || (replayed && !all)) return undefined;
      seen.add(id);
      return listed(record, letter, replayed);
    },
  });
  return { letters: [...found], ...(older !== undefined && { before: older }) };
}

/** One by its number. Rejects with `letter-unknown`. */
export async function readOne(log: Log, number: number): Promise<Shown> {
  const replays = await readReplays(log);
  for await (const records of log.read("dead-letters", { from: number }))
    for (const record of records) {
      const letter = record.offset === number ? readLetter(record) : undefined;
      if (letter) return { ...listed(record, letter, replays.get(number)), record: letter.record };
      if (record.offset >= number) throw fault("letter-unknown", { letter: number });
    }
  throw fault("letter-unknown", { letter: number });
}

function listed({ offset, time }: LogRecord, letter: DeadLetter, replayed: Listed["replayed"]): Listed {
  const { record, ...rest } = letter;
  const at = new Date(time).toISOString();
  return { letter: offset, at, topic: record.topic, key: record.key, ...rest, ...(replayed && { replayed }) };
}

async function readReplays(log: Log): Promise<Map<number, NonNullable<Listed["replayed"]>>> {
  const replays = new Map<number, NonNullable<Listed["replayed"]>>();
  for await (const records of log.read("dead-letters"))
    for (const { headers, value, time } of records) {
      if (headers.ce_type !== TYPES.replayed || value === null) continue;
      const { letter, by, did } = parseJson(value) as Replayed;
      replays.set(letter, { by, did, at: new Date(time).toISOString() });
    }
  return replays;
}
