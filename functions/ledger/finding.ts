import { sameJson } from "#sdk/case/pick.ts";
import type { Finding, StatedProblem } from "#sdk/terms.ts";
import type { Settings } from "./settings.ts";
import type { Held, Statement } from "./state.ts";

/** Evidence that changes alone is told at most so often (ms). */
export const EVIDENCE_EVERY = 60_000;

const iso = (ms: number) => new Date(ms).toISOString();

/** A finding in the words of a statement. `before` is the finding as it was last known, open or resolved. */
export function sayFinding(
  cluster: string,
  settings: Settings,
  { problem, first, traceparent }: Statement,
  at: number,
  before: Finding | undefined,
): Finding {
  const open = before?.state === "open" ? before : undefined;
  const owner = problem.scope?.owner ?? settings.owner;
  return {
    fingerprint: problem.fingerprint,
    case: settings.case,
    ...(settings.second !== undefined && { instance: settings.second }),
    ...(problem.rule !== undefined && { rule: problem.rule }),
    severity: problem.severity,
    state: "open",
    episode: open?.episode ?? at,
    cluster,
    subject: problem.subject,
    related: problem.related,
    message: problem.message,
    ...(problem.evidence !== undefined && { evidence: problem.evidence }),
    ...(owner !== undefined && { owner }),
    ...targetOf(problem),
    firstSeen: open?.firstSeen ?? iso(first),
    lastSeen: iso(at),
    episodes: open?.episodes ?? (before?.episodes ?? 0) + 1,
    help: settings.help,
    ...tracedBy(open ? open.traceparent : traceparent),
  };
}

const tracedBy = (traceparent: string | undefined): Pick<Finding, "traceparent"> =>
  traceparent === undefined ? {} : { traceparent };

function targetOf({ uid, scope }: StatedProblem): Pick<Finding, "target"> {
  if (uid === undefined) return {};
  const { owner: _, ...place } = scope ?? {};
  return { target: { uid, ...place } };
}

/** Whether what is said now is worth an event: words always, evidence now and then. */
export function isNews({ finding: old, at }: Held, now: Finding, moment: number): boolean {
  const words = (f: Finding) => [f.severity, f.message, f.subject, f.related, f.owner, f.target];
  if (!sameJson(words(old), words(now))) return true;
  return moment - at >= EVIDENCE_EVERY && !sameJson(old.evidence, now.evidence);
}

export const resolve = (finding: Finding, at: number, reason?: string): Finding => ({
  ...finding,
  state: "resolved",
  lastSeen: iso(at),
  resolvedAt: iso(at),
  ...(reason !== undefined && { reason }),
});
