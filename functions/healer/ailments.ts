import { conditionEpisode, conditionFingerprint, isWell, type NodeCondition } from "#sdk/operation/condition.ts";
import type { Ailment } from "#sdk/operation/remedy.ts";
import { instanceId } from "#sdk/resources/instances.ts";
import type { Finding } from "#sdk/terms.ts";
import { CONDITION } from "./matching.ts";

/** A fault as it stands: what is wrong, whether it still is. */
export interface Fault {
  readonly ailment: Ailment;
  readonly isOpen: boolean;
  /** Of a node's condition. */
  readonly status?: string;
}

/**
 * Undefined: it names no object that was seen, so nothing can be done to it.
 * @param depends the kinds that its case reads, such as `v1/Node`
 */
export function ofFinding(finding: Finding, depends: readonly string[]): Fault | undefined {
  const { fingerprint, episode, cluster, rule, severity, message, owner, subject, target, state, firstSeen } = finding;
  const { traceparent } = finding;
  if (!target) return undefined;
  const { uid, zone, pool, remedy } = target;
  return {
    ailment: {
      fingerprint,
      episode,
      cluster,
      case: finding.case,
      ...(finding.instance !== undefined && { instance: instanceId(finding.case, finding.instance) }),
      ...(rule !== undefined && { rule }),
      severity,
      message,
      ...(owner !== undefined && { owner }),
      target: { ...subject, uid },
      ...(zone !== undefined && { zone }),
      ...(pool !== undefined && { pool }),
      ...(remedy !== undefined && { remedy }),
      depends: depends.length === 0 ? [kindOf(subject)] : depends,
      since: Date.parse(firstSeen),
      ...(traceparent !== undefined && { traceparent }),
    },
    isOpen: state === "open",
  };
}

const kindOf = ({ apiVersion, kind }: Finding["subject"]): string =>
  apiVersion === undefined ? kind : `${apiVersion}/${kind}`;

/** A node's condition: well is over, whatever it was before. */
export function ofCondition(fact: NodeCondition): Fault {
  const { cluster, node, uid, type, status, reason, message, zone, pool, owner, remedy, gone } = fact;
  const episode = conditionEpisode(fact);
  const why = [reason, message].filter((one) => one !== undefined && one !== "").join(": ");
  return {
    ailment: {
      fingerprint: conditionFingerprint(cluster, node, type),
      episode,
      cluster,
      case: `${CONDITION}${type}`,
      message: `${type} is ${status}${why === "" ? "" : ` (${why})`}`,
      ...(owner !== undefined && { owner }),
      target: { apiVersion: "v1", kind: "Node", name: node, uid },
      ...(zone !== undefined && { zone }),
      ...(pool !== undefined && { pool }),
      ...(remedy !== undefined && { remedy }),
      depends: ["v1/Node"],
      since: episode,
    },
    isOpen: gone !== true && !isWell(fact),
    status,
  };
}
