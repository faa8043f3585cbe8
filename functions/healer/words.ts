/** What is said of remedies, as data: one word per record of topics `due` and `remedies`, whoever wrote it. */
import type { LogRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision, Grant } from "#sdk/operation/decision.ts";
import type { Failure } from "#sdk/operation/outcome.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import type { Target } from "#sdk/operation/request.ts";

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

const TYPE = /^dev\.roundsman\.remedy\.(\w+)\.v1$/;
const isWhat = (text: string | undefined): text is What => (WORDS as readonly (string | undefined)[]).includes(text);

/** Undefined: no word on a remedy. */
export function readWord({ headers, value, time }: Pick<LogRecord, "headers" | "value" | "time">): Word | undefined {
  const what = TYPE.exec(headers.ce_type ?? "")?.[1];
  if (value === null || !isWhat(what)) return undefined;
  const data = parseJson(value) as Omit<Word, "what" | "at"> & { readonly reason?: string };
  if (what === "due") return wordOfDue(parseJson(value) as RemedyDue, time);
  const { id, matter, cluster, operation, params, target, finding, remedier, step, attempt } = data;
  const { decision, grant, until, executor, failure, begun, message = data.reason } = data;
  return defined({
    ...{ what, id, matter, at: time, cluster, operation, params, target, finding, case: data.case, remedier, step },
    ...{ attempt, message, decision, grant, until, executor, failure, begun },
  });
}

function wordOfDue({ id, matter, ailment, operation, params, target, ...due }: RemedyDue, at: number): Word {
  const { fingerprint, episode, cluster, message } = ailment;
  const { remedier, step, attempt } = due;
  const finding = { fingerprint, episode };
  return defined({
    ...{ what: "due" as const, id, matter, at, cluster, operation, params, target, finding, case: ailment.case },
    ...{ remedier, step, attempt, message },
  });
}

/** Without what is undefined. */
const defined = <T extends object>(all: { readonly [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
