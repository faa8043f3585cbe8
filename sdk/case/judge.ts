import { fault, isFault, type RoundsmanError, sayError } from "../errors.ts";
import {
  type Check,
  type CheckError,
  type Outcome,
  type Ref,
  SEVERITIES,
  type Severity,
  type StatedProblem,
} from "../terms.ts";
import { durationOf } from "./compile.ts";
import { fingerprintOf, refName, subjectOf } from "./identity.ts";
import type { Inspection } from "./inspection.ts";
import type { Manifest } from "./manifest.ts";
import type { Problem, Said } from "./problem.ts";

/** An inspection ready to run: its code, its manifest, and the file that messages name. */
export interface LoadedInspection {
  readonly definition: Inspection;
  readonly manifest: Manifest;
  readonly file: string;
  readonly keyIsUid: boolean;
}

export interface Judged {
  readonly outcome: Outcome;
  readonly problems: readonly StatedProblem[];
  readonly error?: CheckError;
}

const MESSAGE_MOST = 4096;
const EVIDENCE_MOST = 16 * 1024;
const RELATED_MOST = 1000;

const clip = (text: string) => (text.length > MESSAGE_MOST ? `${text.slice(0, MESSAGE_MOST - 1)}…` : text);
const isRef = (value: unknown): value is Ref =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Ref).kind === "string" &&
  typeof (value as Ref).metadata?.name === "string";

function* flatten(said: Said): Generator<Problem | string> {
  if (Array.isArray(said)) for (const one of said) yield* flatten(one);
  else if (said !== undefined && said !== null && said !== false) yield said as Problem | string;
}

/** The rows as the check gets them: one, none, or a list. */
function argumentOf({ definition }: LoadedInspection, rows: Check["rows"]): unknown {
  const named = Object.entries(definition.reads).map(([name, read]) => {
    const given = rows[name] ?? [];
    const single = read.rows === "1" || read.rows === "0-1" || read.rows === "0";
    if (single && given.length > 1)
      throw fault("too-many-rows", { read: name, count: given.length, wanted: read.rows! });
    return [name, single ? given[0] : given] as const;
  });
  return definition.each ? named[0]![1] : Object.fromEntries(named);
}

function evidenceOf(evidence: unknown, bad: (field: string, what: string) => RoundsmanError) {
  if (evidence === undefined) return {};
  let text: string | undefined;
  try {
    text = JSON.stringify(evidence);
  } catch (e) {
    throw bad("evidence", `cannot be written as JSON (${sayError(e)})`);
  }
  if (text === undefined) throw bad("evidence", "cannot be written as JSON");
  if (text.length > EVIDENCE_MOST) throw bad("evidence", `takes ${text.length} bytes; keep it under ${EVIDENCE_MOST}`);
  return { evidence };
}

function state(loaded: LoadedInspection, check: Check, said: Problem | string): StatedProblem {
  const bad = (field: string, what: string) => fault("problem-invalid", { field, what });
  if (said !== null && typeof said !== "object" && typeof said !== "string")
    throw bad("problem", `is ${JSON.stringify(said)}; say a message, a problem or nothing`);
  const problem: Problem = typeof said === "string" ? { message: said } : said;
  if (typeof (problem as any).then === "function")
    throw bad("problem", "is a promise; an inspection's check answers at once, a probe may wait");
  if (typeof problem.message !== "string" || problem.message === "") throw bad("message", "must be a sentence");
  const { rule, per, since } = problem;
  if (rule !== undefined && (typeof rule !== "string" || rule === "")) throw bad("rule", "must be a name");
  if (per !== undefined && !(typeof per === "string" && per !== "") && !isRef(per))
    throw bad("per", "must be a row or a name");
  const severity: Severity = problem.severity ?? loaded.manifest.severity;
  if (!SEVERITIES.includes(severity))
    throw bad("severity", `is ${JSON.stringify(severity)}; write one of ${SEVERITIES.join(", ")}`);
  const first = check.rows[Object.keys(loaded.definition.reads)[0]!] ?? [];
  const subject = problem.subject ?? (isRef(per) ? per : first.length === 1 ? first[0] : undefined);
  if (!isRef(subject))
    throw bad(
      "subject",
      problem.subject === undefined
        ? "is missing, and several rows could be it; give the problem a `subject` or `per`"
        : "must be a row or ref(kind, name, namespace)",
    );
  const sinceMs = since === undefined ? undefined : typeof since === "number" ? since : Date.parse(since);
  if (sinceMs !== undefined && Number.isNaN(new Date(sinceMs).getTime()))
    throw bad("since", `is ${JSON.stringify(since)}, which is no time`);
  const related = problem.related ?? [];
  if (!Array.isArray(related) || !related.every(isRef)) throw bad("related", "must be a list of rows or refs");
  const perName = per === undefined ? undefined : typeof per === "string" ? per : refName(per);
  const what = loaded.keyIsUid ? refName(subject) : check.key;
  const scope = scopeOf(check, subject);
  const uid = uidOf(check, subject);
  return {
    fingerprint: fingerprintOf(check.cluster, check.instance, rule, what, perName),
    ...(rule !== undefined && { rule }),
    severity,
    message: clip(problem.message),
    subject: subjectOf(subject),
    related: related.slice(0, RELATED_MOST).map(subjectOf),
    ...evidenceOf(problem.evidence, bad),
    ...(sinceMs !== undefined && { since: sinceMs }),
    ...(problem.for !== undefined && { for: durationOf(problem.for, check.params, "problem.for", 0) }),
    ...(scope && { scope }),
    ...(uid !== undefined && { uid }),
  };
}

/** The subject's own, where it is a row: a reference that a case made up names no object that was seen. */
function uidOf({ rows }: Check, subject: Ref): string | undefined {
  const name = refName(subject);
  for (const of of Object.values(rows))
    for (const row of of)
      if (row === subject || (isRef(row) && row.metadata.uid !== undefined && refName(row) === name))
        return (row as Ref).metadata.uid;
  return undefined;
}

/** What the watcher saw of the subject's owner, zone and pool: its row's, else that of a row in its namespace. */
function scopeOf(check: Check, subject: Ref) {
  const { scopes, scopeOf: indexes } = check;
  if (!scopes || !indexes) return undefined;
  let near: number | undefined;
  for (const [name, rows] of Object.entries(check.rows)) {
    const of = indexes[name];
    if (!of) continue;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Ref | undefined;
      if (row === subject || (isRef(row) && refName(row) === refName(subject))) return scopes[of[i]!];
      const namespace = subject.metadata.namespace;
      if (namespace !== undefined && (row as Ref)?.metadata?.namespace === namespace) near ??= of[i];
    }
  }
  const owner = near === undefined ? undefined : scopes[near]?.owner;
  return owner === undefined ? undefined : { owner };
}

/** Where in the author's file a thrown error came from, if its stack tells. */
function thrownAt(e: unknown): string {
  const frame =
    e instanceof Error ? /\(?([^\s()]+:\d+:\d+)\)?/.exec(e.stack?.split("\n").slice(1, 2)[0] ?? "")?.[1] : undefined;
  return frame === undefined ? "" : ` at ${frame.replace(/^file:\/\//, "")}`;
}

/** Runs an inspection's check on one key's rows. Never throws: what goes wrong is outcome `error`. */
export function judge(loaded: LoadedInspection, check: Check): Judged {
  const error = (code: string, message: string): Judged => ({
    outcome: "error",
    problems: [],
    error: { code, message },
  });
  try {
    const { params, cluster, key } = check;
    let said: Said;
    const argument = argumentOf(loaded, check.rows);
    try {
      said = loaded.definition.check(argument, { key, params, cluster });
    } catch (e) {
      return error(
        "case-threw",
        `${loaded.file}: check threw ${e instanceof Error ? `${e.name}: ${e.message}` : String(e)}${thrownAt(e)}; guard what may be absent.`,
      );
    }
    const problems: StatedProblem[] = [];
    const seen = new Set<string>();
    for (const one of flatten(said)) {
      const problem = state(loaded, check, one);
      if (seen.has(problem.fingerprint))
        throw fault("problem-twice", { message: JSON.stringify(problem.message), key: JSON.stringify(key) });
      seen.add(problem.fingerprint);
      problems.push(problem);
    }
    const outcome = problems.length === 0 ? "pass" : problems.every((p) => p.severity === "low") ? "warn" : "fail";
    return { outcome, problems };
  } catch (e) {
    return error(isFault(e) ? e.code : "problem-invalid", `${loaded.file}: ${sayError(e)}`);
  }
}
