import type { Ailment } from "#sdk/operation/remedy.ts";
import { matchesAny } from "#sdk/resources/glob.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import { SEVERITIES } from "#sdk/terms.ts";

/** How the case of an ailment is called that is a node's condition. */
export const CONDITION = "condition/";

/** Whether a remedier is for this. */
export function isFor({ spec: { match } }: Pick<Remedier, "spec">, ailment: Ailment, status?: string): boolean {
  const { finding, condition, cluster, pool, namespace, owner } = match;
  const places =
    matchesAny(cluster, ailment.cluster) &&
    matchesAny(pool, ailment.pool) &&
    matchesAny(namespace, ailment.target.namespace) &&
    matchesAny(owner, ailment.owner);
  if (!places) return false;
  if (ailment.case.startsWith(CONDITION))
    return (
      condition !== undefined &&
      condition.type === ailment.case.slice(CONDITION.length) &&
      (condition.status === undefined || condition.status === status)
    );
  const { severity } = ailment;
  return (
    finding !== undefined &&
    matchesAny(finding.case, ailment.case) &&
    matchesAny(finding.rule, ailment.rule) &&
    (finding.severity === undefined ||
      (severity !== undefined && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(finding.severity)))
  );
}
