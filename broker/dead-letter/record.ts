import type { NewRecord } from "../log/log.ts";

/** What could not be handled: the record as it was, why, and how often it was tried. */
export interface DeadLetter {
  readonly record: Pick<NewRecord, "topic" | "key" | "headers" | "value">;
  readonly partition: number;
  readonly offset: number;
  readonly cause: { readonly code: string; readonly message: string };
  readonly tries: number;
}

/** A dead letter as a record of topic `dead-letters`. */
export const deadLetterRecord = (letter: DeadLetter): NewRecord => ({
  topic: "dead-letters",
  key: JSON.stringify([letter.record.topic, letter.partition, letter.offset]),
  headers: { "content-type": "application/json", cause: letter.cause.code },
  value: JSON.stringify(letter),
});
