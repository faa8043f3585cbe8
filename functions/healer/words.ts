/** What is said of remedies, as data: one word per record of topics `due` and `remedies`, whoever wrote it. */
import type { LogRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision, Grant } from "#sdk/operation/decision.ts";
import type { Failure } from "#sdk/operation/outcome.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import type { Target } from "#sdk/operation/request.ts";
import { dueFlaw, wordFlaw } from "#sdk/shapes.ts";

/** In the order in which they come. */
export const WORDS = [
  "due",
  "held",
  "observed",
  "granted",
  "denied",
  "waiting",
  "started",
  "succeeded",
  "failed",
  "undone",
  "expired",
  "escalated",
] as const;
export type What = (typeof WORDS)[number];

export interface Word {
  readonly what: What;
  /** The request's. */
  readonly id: string;
  readonly matter?: string;
  /** Unix ms, by the log's clock. */
  readonly at: number;
  readonly cluster: string;
  readonly operation: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly target: Target;
  readonly finding?: { readonly fingerprint: string; readonly episode: number };
  /** These four are not said by an executor. */
  readonly case?: string;
  readonly remedier?: string;
  readonly step?: number;
  readonly attempt?: number;
  readonly message?: string;
  readonly decision?: Decision;
  readonly grant?: Grant;
  /** Unix ms: when it is asked again. */
  readonly until?: number;
  readonly executor?: string;
  readonly failure?: Failure;
  readonly begun?: boolean;
}

const TYPE = /^dev\.roundsman\.remedy\.(\w+)\.v\d+$/;
const isWhat = (text: string | undefined): text is What => (WORDS as readonly (string | undefined)[]).includes(text);

/** What is taken from a record as it stands. */
const KEYS = [
  ...(["id", "matter", "cluster", "operation", "params", "target", "finding", "case", "remedier", "step"] as const),
  ...(["attempt", "message", "decision", "grant", "until", "executor", "failure", "begun"] as const),
] satisfies (keyof Word)[];

type Written = Pick<LogRecord, "headers" | "value" | "time">;

/** Which word a type is, of whatever version; undefined: none on a remedy. */
export function whatOf(type: string | undefined): What | undefined {
  const what = TYPE.exec(type ?? "")?.[1];
  return isWhat(what) ? what : undefined;
}

/** Undefined: no word on a remedy that can be read. What cannot be, the healer has set aside. */
export function readWord(record: Written): Word | undefined {
  const what = whatOf(record.headers.ce_type);
  if (record.value === null || what === undefined) return undefined;
  let data: unknown;
  try {
    data = parseJson(record.value);
  } catch {
    return undefined;
  }
  return wordFlaw(data) === undefined || dueFlaw(data) === undefined ? wordOf(what, data, record.time) : undefined;
}

/** A word by its data: a `RemedyDue`, or what was said of a request. */
export function wordOf(what: What, given: unknown, time: number): Word {
  if (what === "due") return wordOfDue(given as RemedyDue, time);
  const data = given as Word & { readonly reason?: string };
  // Thousands are read at once: no way over entries, which takes longer than parsing.
  const word: Record<string, unknown> = { what, at: time };
  for (const key of KEYS) if (data[key] !== undefined) word[key] = data[key];
  if (data.message === undefined && data.reason !== undefined) word.message = data.reason;
  return word as unknown as Word;
}

const wordOfDue = (
  { id, matter, ailment, operation, params, target, remedier, step, attempt }: RemedyDue,
  at: number,
): Word => ({
  what: "due",
  id,
  matter,
  at,
  cluster: ailment.cluster,
  operation,
  ...(params && { params }),
  target,
  finding: { fingerprint: ailment.fingerprint, episode: ailment.episode },
  case: ailment.case,
  remedier,
  step,
  attempt,
  message: ailment.message,
});
