/** Event types: reverse-DNS, the version last. */
export const TYPES = {
  checkDue: "dev.roundsman.check.due.v1",
  verdict: "dev.roundsman.case.verdict.v1",
  mark: "dev.roundsman.cluster.mark.v1",
  claim: "dev.roundsman.cluster.claim.v1",
  ledger: "dev.roundsman.ledger.entry.v1",
  raised: "dev.roundsman.finding.raised.v1",
  updated: "dev.roundsman.finding.updated.v1",
  resolved: "dev.roundsman.finding.resolved.v1",
  notice: "dev.roundsman.alert.notice.v1",
  nodeCondition: "dev.roundsman.node.condition.v1",
  config: "dev.roundsman.config.resource.v1",
  configComplete: "dev.roundsman.config.complete.v1",
} as const;
