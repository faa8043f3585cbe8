import { sayDuration } from "#sdk/case/duration.ts";
import type { Decision, Reason } from "#sdk/operation/decision.ts";
import { sayScope } from "./scopes.ts";

/** The moment, to the second, as people read it. */
export const sayMoment = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

const detail = ({ detail }: Reason): string => (detail === undefined ? "" : ` (${detail})`);
const place = (reason: Reason): string => (reason.in ? sayScope(reason.in) : "this scope");
const budget = ({ budget }: Reason): string => `Budget ${budget}`;
const first = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

/** What happened, and which limit, per code: a sentence without its full stop. */
const HAPPENED: Readonly<Record<Reason["code"], (reason: Reason) => string>> = {
  "newer-version": (r) => `The journal goes on in rules that this defender does not know${detail(r)}`,
  "not-durable": () => "The log is not durable, so a restart would forget what was granted",
  "not-initialised": () => "The journal is new, was not found or has a hole, so every window counts as full",
  "id-reused": () => "This request's id was used before with other content",
  "too-old": (r) => `The request is too old${detail(r)}`,
  "sender-clock": (r) => `The clock of who asks and the defender's differ${detail(r)}`,
  "executor-silent": (r) => `The executor of ${place(r)} was not heard for a minute`,
  "executor-clock": (r) => `The clock of the executor of ${place(r)} and the defender's differ${detail(r)}`,
  brake: (r) => `The brake is on for ${place(r)}, ${r.detail}`,
  freeze: (r) => `Calendar ${r.budget} freezes all operations here`,
  "outside-maintenance": (r) =>
    `Calendar ${r.budget} allows operations within its maintenance windows only, and it is none now`,
  "calendar-ended": (r) => `Calendar ${r.budget} is not known any further than now`,
  trust: (r) => `${first(place(r))} is ${r.detail}`,
  "cluster-silent": (r) => `Nothing was heard of ${place(r)} for a minute`,
  "view-stale": (r) => `What is seen of ${place(r)} is too old to act on${detail(r)}`,
  doubt: (r) => `So much of ${place(r)} looks broken that the view itself is in doubt${detail(r)}`,
  "size-unknown": (r) => `${budget(r)} is a share of ${place(r)}, whose size is not known`,
  unhealthy: (r) => `${budget(r)} allows nothing while so much of ${place(r)} is unhealthy${detail(r)}`,
  "cooling-down": (r) => `${budget(r)} keeps ${place(r)} quiet for a while after it was unhealthy`,
  latched: (r) => `${budget(r)} was overrun in ${place(r)} and latched`,
  "in-flight": (r) =>
    `${budget(r)} allows ${r.limit} under way at once in ${place(r)}, and ${r.used} ${r.used === 1 ? "is" : "are"}`,
  spent: (r) =>
    r.limit === 0
      ? `${budget(r)} allows none per ${sayDuration(r.window!)} in ${place(r)}: its share of so few rounds down to nothing`
      : `${budget(r)} allows ${r.limit} per ${sayDuration(r.window!)} in ${place(r)}; ${r.used} ${r.used === 1 ? "was" : "were"} granted, ${r.remains} remain`,
  history: (r) =>
    `${budget(r)} has a window of ${sayDuration(r.window!)}, longer than what is known of ${place(r)}: it counts as full until then`,
  approval: (r) => r.detail ?? "It needs a person's yes",
};

/** What a person does about it, in a few words; where waiting is all there is, nothing. */
const REMEDY: Readonly<Partial<Record<Reason["code"], string>>> = {
  "newer-version": "update it",
  "not-durable": "give the defender a data directory",
  "not-initialised": "if nothing was done lately, a person says `roundsman defender init`",
  "id-reused": "ask with an id of its own",
  "too-old": "what is still wrong will be made due again",
  "sender-clock": "synchronise them",
  "executor-silent": "look at its pod",
  "executor-clock": "synchronise them",
  "calendar-ended": "renew it",
  "cluster-silent": "its watcher or its API server may be down",
  doubt: "look before anything is done",
  latched: "a person looks, and resets it",
  approval: "`roundsman approve`",
};

/** What happened, and which limit. */
export const sayHappened = (reason: Reason): string => `${HAPPENED[reason.code](reason)}.`;

/** One reason as a sentence: what happened, which limit, until when, who may override. */
export function sayReason(reason: Reason): string {
  const remedy = REMEDY[reason.code];
  const ends = reason.until === undefined ? "" : `; it passes at ${sayMoment(reason.until)}`;
  const who = reason.override === undefined ? "" : `. Who may override: ${reason.override}`;
  return `${HAPPENED[reason.code](reason)}${remedy === undefined ? "" : `: ${remedy}`}${ends}${who}.`;
}

/** `drain of Node gpu-7 of eu-1` */
export const sayWhat = ({ operation, target, cluster }: Decision): string =>
  `${operation} of ${target.kind} ${target.namespace === undefined ? "" : `${target.namespace}/`}${target.name} of ${cluster}`;

/** A decision as a few lines: the answer, then every reason. */
export function sayDecision(decision: Decision): string {
  const what = sayWhat(decision);
  if (decision.grant)
    return `Granted: ${what}, with fence ${decision.grant.fence}; it must begin by ${sayMoment(decision.grant.notAfter)}.`;
  // Only what would be said is granted without a grant.
  if (decision.outcome === "granted") return `Would be granted now: ${what}. Nothing stands against it.`;
  const head =
    decision.outcome === "waiting"
      ? `Waiting: ${what}.`
      : decision.retryAt === undefined
        ? `Denied: ${what}.`
        : `Denied until ${sayMoment(decision.retryAt)}: ${what}.`;
  return [head, ...decision.reasons.map((reason) => `- ${sayReason(reason)}`)].join("\n");
}
