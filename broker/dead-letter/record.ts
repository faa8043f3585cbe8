import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { LogRecord, NewRecord } from "../log/log.ts";

export interface Cause {
  readonly code: string;
  readonly message: string;
}

/** What could not be handled: the record as it was, why, how often it was tried, and by whom. */
export interface DeadLetter {
  readonly record: NewRecord;
  readonly partition: number;
  readonly offset: number;
  readonly cause: Cause;
  readonly tries: number;
  /** The process's part: `ledger`, `dispatcher`. */
  readonly by: string;
  /** Whose sink refused it. */
  readonly subscription?: string;
}

/** All of a letter but the record's value, which stays what it was: written into JSON once more it could be too large. */
interface Envelope extends Omit<DeadLetter, "record"> {
  readonly topic: string;
  readonly key: string;
  readonly headers: NewRecord["headers"];
}

/** Characters that a cause may take. */
const MESSAGE_MOST = 2_000;

/** Set aside twice it is one letter; what two sinks refuse is two. */
export const letterId = ({ record, partition, offset, subscription }: Omit<DeadLetter, "cause" | "tries" | "by">) =>
  [record.topic, partition, offset, ...(subscription === undefined ? [] : [subscription])].join("/");

/** A dead letter as a record of topic `dead-letters`: its value is the record's own. */
export function deadLetterRecord(letter: DeadLetter): NewRecord {
  const { record, cause, ...rest } = letter;
  const { topic, key, headers, value } = record;
  const message = cause.message.slice(0, MESSAGE_MOST);
  const envelope: Envelope = { topic, key, headers, ...rest, cause: { code: cause.code, message } };
  const made = recordOf({
    topic: "dead-letters",
    key: [topic, letter.partition, letter.offset],
    type: TYPES.setAside,
    id: letterId(letter),
    source: `/${letter.by}`,
    dataText: value,
  });
  return { ...made, headers: { ...made.headers, letter: JSON.stringify(envelope) } };
}

/** Undefined: no dead letter. */
export function readLetter({ headers, value }: Pick<LogRecord, "headers" | "value">): DeadLetter | undefined {
  if (headers.ce_type !== TYPES.setAside || headers.letter === undefined) return undefined;
  const { topic, key, headers: own, ...rest } = parseJson(headers.letter) as Envelope;
  return { record: { topic, key, headers: own, value }, ...rest };
}
