import { sayDuration } from "#sdk/case/duration.ts";
import type { Decision, Reason } from "#sdk/operation/decision.ts";
import { sayScope } from "./scopes.ts";

/** The moment, to the second, as people read it. */
const sayMoment = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

const detail = ({ detail }: Reason): string => (detail === undefined ? "" : ` (${detail})`);
const place = (reason: Reason): string => (reason.in ? sayScope(reason.in) : "this scope");
const budget = ({ budget }: Reason): string => `Budget ${budget}`;

/** What happened, per code: a sentence without its full stop. */
const SAYS: Readonly<Record<Reason["code"], (reason: Reason) => string>> = {
  "newer-version": (r) => `The journal goes on in rules that this defender does not know${detail(r)}: update it`,
  "not-durable": () =>
    "The log is not durable, so a restart would forget what was granted: give the defender a data directory",
  "not-initialised": () =>
    "The journal is new, was not found or has a hole, so every window counts as full: if nothing was done lately, a person says `roundsman defender init`",
  "id-reused": () => "This request's id was used before with other content: ask with an id of its own",
  "too-old": (r) => `The request is too old${detail(r)}: what is still wrong will be made due again`,
  "sender-clock": (r) => `The clock of who asks and the defender's differ${detail(r)}: synchronise them`,
  "executor-silent": (r) => `The executor of ${place(r)} was not heard for a minute: look at its pod`,
  "executor-clock": (r) =>
    `The clock of the executor of ${place(r)} and the defender's differ${detail(r)}: synchronise them`,
  brake: (r) => `The brake is on for ${place(r)}, ${r.detail}`,
  freeze: (r) => `${r.budget} freezes all operations here`,
  "outside-maintenance": (r) => `${r.budget} allows operations within its maintenance windows only, and it is none now`,
  "calendar-ended": (r) => `The calendar ${r.budget} is not known any further than now: renew it`,
  trust: (r) => `${place(r)[0]!.toUpperCase()}${place(r).slice(1)} is ${r.detail}`,
  "cluster-silent": (r) => `Nothing was heard of ${place(r)} for a minute: its watcher or its API server may be down`,
  "view-stale": (r) => `What is seen of ${place(r)} is too old to act on${detail(r)}`,
  doubt: (r) =>
    `So much of ${place(r)} looks broken that the view itself is in doubt${detail(r)}: look before anything is done`,
  "size-unknown": (r) => `${budget(r)} is a share of ${place(r)}, whose size is not known`,
  unhealthy: (r) => `${budget(r)} allows nothing while so much of ${place(r)} is unhealthy${detail(r)}`,
  "cooling-down": (r) => `${budget(r)} keeps ${place(r)} quiet for a while after it was unhealthy`,
  latched: (r) => `${budget(r)} was overrun in ${place(r)} and latched: a person looks, and resets it`,
  "in-flight": (r) =>
    `${budget(r)} allows ${r.limit} under way in ${place(r)}, and ${r.used} ${r.used === 1 ? "is" : "are"}`,
  spent: (r) =>
    r.limit === 0
      ? `${budget(r)} allows none per ${sayDuration(r.window!)} in ${place(r)}: its share of so few rounds down to nothing`
      : `${budget(r)} allows ${r.limit} per ${sayDuration(r.window!)} in ${place(r)}; ${r.used} ${r.used === 1 ? "was" : "were"} granted, ${r.remains} remain`,
  history: (r) =>
    `${budget(r)} has a window of ${sayDuration(r.window!)}, longer than what is known of ${place(r)}: it counts as full until then`,
  approval: (r) => `${r.detail}: \`roundsman approve\``,
};

/** One reason as a sentence: what happened, which limit, until when, who may override. */
export function sayReason(reason: Reason): string {
  const ends = reason.until === undefined ? "" : `; it passes at ${sayMoment(reason.until)}`;
  const who = reason.override === undefined ? "" : `. Who may override: ${reason.override}`;
  return `${SAYS[reason.code](reason)}${ends}${who}.`;
}

const sayTarget = ({ target, cluster }: Decision): string =>
  `${target.kind} ${target.namespace === undefined ? "" : `${target.namespace}/`}${target.name} of ${cluster}`;

/** A decision as a few lines: the answer, then every reason. */
export function sayDecision(decision: Decision): string {
  const what = `${decision.operation} of ${sayTarget(decision)}`;
  if (decision.grant)
    return `Granted: ${what}, with fence ${decision.grant.fence}; it must begin by ${sayMoment(decision.grant.notAfter)}.`;
  const head =
    decision.outcome === "waiting"
      ? `Waiting: ${what}.`
      : decision.retryAt === undefined
        ? `Denied: ${what}.`
        : `Denied until ${sayMoment(decision.retryAt)}: ${what}.`;
  return [head, ...decision.reasons.map((reason) => `- ${sayReason(reason)}`)].join("\n");
}

/** What would be said: as of a decision, though nothing is granted by it. */
export const sayExplained = (decision: Decision): string =>
  decision.outcome === "granted"
    ? `Would be granted now: ${decision.operation} of ${sayTarget(decision)}. Nothing stands against it.`
    : sayDecision(decision);
