/** Event types: reverse-DNS, the version last. */
export const TYPES = {
  checkDue: "dev.roundsman.check.due.v1",
  verdict: "dev.roundsman.case.verdict.v1",
  /** Which checks wait or are in flight at a dispatcher: they are not sent again. */
  pending: "dev.roundsman.check.pending.v1",
  mark: "dev.roundsman.cluster.mark.v1",
  claim: "dev.roundsman.cluster.claim.v1",
  ledger: "dev.roundsman.ledger.entry.v1",
  raised: "dev.roundsman.finding.raised.v1",
  updated: "dev.roundsman.finding.updated.v1",
  resolved: "dev.roundsman.finding.resolved.v1",
  remedyDue: "dev.roundsman.remedy.due.v1",
  remedyDenied: "dev.roundsman.remedy.denied.v1",
  remedyWaiting: "dev.roundsman.remedy.waiting.v1",
  /** The owner's say stands against it. */
  remedyHeld: "dev.roundsman.remedy.held.v1",
  /** What would have been done: nobody told the remedier to act. */
  remedyObserved: "dev.roundsman.remedy.observed.v1",
  remedyExpired: "dev.roundsman.remedy.expired.v1",
  /** The ladder is at its end: a person must look. */
  remedyEscalated: "dev.roundsman.remedy.escalated.v1",
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
  heartbeat: "dev.roundsman.cluster.heartbeat.v1",
  sizes: "dev.roundsman.cluster.sizes.v1",
  defenderInput: "dev.roundsman.defender.input.v1",
  defenderSnapshot: "dev.roundsman.defender.snapshot.v1",
  decision: "dev.roundsman.defender.decision.v1",
  /** A dead letter, and that somebody had it evaluated again. */
  setAside: "dev.roundsman.record.set-aside.v1",
  replayed: "dev.roundsman.record.replayed.v1",
  /** A person wants a key judged now. */
  checkAsked: "dev.roundsman.check.asked.v1",
  /** A person wants a subscription's sink told again. */
  redeliver: "dev.roundsman.alert.redeliver.v1",
  config: "dev.roundsman.config.resource.v1",
  configComplete: "dev.roundsman.config.complete.v1",
} as const;
