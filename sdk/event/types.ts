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
  remedyGranted: "dev.roundsman.remedy.granted.v1",
  remedyStarted: "dev.roundsman.remedy.started.v1",
  remedySucceeded: "dev.roundsman.remedy.succeeded.v1",
  remedyFailed: "dev.roundsman.remedy.failed.v1",
  remedyUndone: "dev.roundsman.remedy.undone.v1",
  /** What the webhook operation asks of a service. */
  remedyRequested: "dev.roundsman.remedy.requested.v1",
  executorClock: "dev.roundsman.executor.clock.v1",
  notice: "dev.roundsman.alert.notice.v1",
  nodeCondition: "dev.roundsman.node.condition.v1",
  config: "dev.roundsman.config.resource.v1",
  configComplete: "dev.roundsman.config.complete.v1",
} as const;
