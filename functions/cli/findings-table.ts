import type { Finding } from "#sdk/terms.ts";
import { ago, table } from "./print.ts";

const sayState = ({ state, stale }: Finding) => (stale ? `${state} (stale)` : state);
export const saySubject = ({ kind, namespace, name }: Finding["subject"]) =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

/** Findings for people. The state is shown where it is not the same for all. */
export function findingsTable(findings: readonly Finding[], now: number): string {
  const oneState = new Set(findings.map(sayState)).size < 2;
  const heads = [
    "SEVERITY",
    ...(oneState ? [] : ["STATE"]),
    "CASE",
    "SUBJECT",
    "OWNER",
    "SINCE",
    "FINGERPRINT",
    "MESSAGE",
  ];
  const rows = findings.map((f) => [
    f.severity,
    ...(oneState ? [] : [sayState(f)]),
    f.instance === undefined ? f.case : `${f.case}@${f.instance}`,
    saySubject(f.subject),
    f.owner ?? "-",
    ago(f.firstSeen, now),
    f.fingerprint.slice(0, 8),
    f.message,
  ]);
  return table(heads, rows);
}
