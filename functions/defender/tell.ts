/** A decision for a person on call: the answer, then per reason what happened, until when, who may override, what to do. */
import type { Decision, Reason } from "#sdk/operation/decision.ts";
import { CAPS } from "./config.ts";
import { sayHappened, sayMoment, sayWhat } from "./explain.ts";
import { scopePath } from "./scopes.ts";

/** What else there is to say of a reason of this code, where the reason itself does not. */
interface Advice {
  /** When it ends, where no moment is known. */
  readonly ends?: string;
  /** Who may override. Default: nobody. */
  readonly who?: (reason: Reason) => string;
  readonly todo: (reason: Reason, decision: Decision) => string;
}

const UNKNOWN = "nobody: what is not known is denied";
const where = (reason: Reason): string => (reason.in ? scopePath(reason.in) : "fleet");
const cluster = ({ cluster }: Decision): string => cluster;
const isCap = ({ budget }: Reason): boolean => CAPS.some(({ name }) => name === budget);
const keeper = (reason: Reason): string =>
  isCap(reason) ? "nobody: it is a cap in the program" : `whoever keeps budget ${reason.budget}`;
const keeperOfCalendar = ({ budget }: Reason): string => `whoever keeps calendar ${budget}`;

const ADVICE: Readonly<Record<Reason["code"], Advice>> = {
  "newer-version": { ends: "this defender is updated", todo: () => "Update it to the version of the others." },
  "not-durable": { ends: "it is started with one", todo: () => "Start it with a data directory that outlives it." },
  "not-initialised": {
    ends: "a person answers for the past",
    who: () => "whoever has the permission `init`",
    todo: () =>
      "If nothing was done lately that this journal does not know of, say so; else wait as long as your longest window first:\nroundsman defender init --reason '…'",
  },
  "id-reused": { ends: "never, for this id", todo: () => "Mend who asks: each request has an id of its own." },
  "too-old": { ends: "never, for this request", todo: () => "Nothing: what is still wrong is asked anew." },
  "sender-clock": { ends: "the clocks agree", todo: () => "Look at the time (chrony, ntp) of both machines." },
  "executor-silent": {
    ends: "it is heard again",
    todo: (_, d) => `Look whether the executor of ${cluster(d)} runs, and what its log says.`,
  },
  "executor-clock": { ends: "the clocks agree", todo: () => "Look at the time (chrony, ntp) of both machines." },
  brake: {
    ends: "it is released",
    who: () => "whoever has the permission `release`",
    todo: ({ number = "NUMBER" }) =>
      `Ask who pulled it. When it is safe:\nroundsman brake release ${number} --reason '…'`,
  },
  freeze: { who: keeperOfCalendar, todo: () => "Wait, or do it by hand." },
  "outside-maintenance": {
    ends: "its next window, which is not known yet",
    who: keeperOfCalendar,
    todo: () => "Wait, or do it by hand.",
  },
  "calendar-ended": {
    ends: "it is renewed",
    who: keeperOfCalendar,
    todo: ({ budget }) => `Look why calendar ${budget} is expanded no further: whoever writes it may be down.`,
  },
  trust: {
    ends: "the pool is trusted further",
    who: () => "whoever keeps the defender's rules of trust",
    todo: () => "Do it by hand. When the pool has proved itself, raise its level: observe, cordon, drain, act.",
  },
  "cluster-silent": {
    ends: "it is heard again",
    todo: (_, d) =>
      `Look whether the watcher of ${cluster(d)} runs, and its API server answers:\nkubectl get --raw /readyz`,
  },
  "view-stale": {
    ends: "the view is fresh again",
    todo: (_, d) => `Look whether the API server of ${cluster(d)} answers:\nkubectl get --raw /readyz`,
  },
  doubt: {
    ends: "fewer are stale",
    todo: () => "Look at the network and the control plane first: so many nodes at once are seldom broken themselves.",
  },
  "size-unknown": {
    ends: "the watcher tells the size",
    todo: (_, d) =>
      `Look whether the watcher of ${cluster(d)} has listed all; a scope that has nothing in it has no size.`,
  },
  unhealthy: {
    ends: "enough are healthy again",
    who: keeper,
    todo: () => "Bring some back by hand, with care: more operations now would take more away.",
  },
  "cooling-down": { ends: "it was healthy for a while", who: keeper, todo: () => "Wait: it was unhealthy just now." },
  latched: {
    ends: "a person resets it",
    who: () => "whoever has the permission `release`",
    todo: (r) =>
      `Find out why so much was asked for (roundsman audit). Then:\nroundsman defender reset ${r.budget} ${where(r)} --reason '…'`,
  },
  "in-flight": {
    ends: "one of them ends",
    who: keeper,
    todo: () => "Wait. What is under way:\nkubectl get remedyoperationjobs",
  },
  spent: {
    ends: "the budget or the size of the scope changes",
    who: keeper,
    todo: (r, d) =>
      r.limit === 0
        ? "Nothing can be granted here: give the budget a count, or a larger share."
        : `Wait, or do it by hand. Who spent it:\nroundsman audit --outcome granted${r.in?.scope === "fleet" ? "" : ` --cluster ${cluster(d)}`}`,
  },
  history: { who: keeper, todo: () => "Wait: what was granted before is not all known." },
  approval: {
    ends: "a person says yes",
    who: () => "whoever has the permission `approve`",
    todo: (_, { matter }) => `Look at it. Then:\nroundsman approve ${matter} --reason '…'`,
  },
};

/** How long until then, coarsely. */
function sayIn(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.ceil(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.ceil(seconds / 3_600)}h` : `${Math.ceil(seconds / 86_400)}d`;
}

const sayUntil = (ms: number, now: number): string => `${sayMoment(ms)}, in ${sayIn(ms - now)}`;

function tellReason(reason: Reason, decision: Decision, now: number): string {
  const { ends, who, todo } = ADVICE[reason.code];
  const until = reason.until === undefined ? (ends ?? "nobody knows") : sayUntil(reason.until, now);
  return [
    sayHappened(reason),
    `  Until:        ${until}`,
    `  May override: ${reason.override ?? who?.(reason) ?? UNKNOWN}`,
    `  What to do:   ${todo(reason, decision).replaceAll("\n", `\n${" ".repeat(16)}`)}`,
  ].join("\n");
}

/** The answer in the first line, then each reason with what to do about it. */
export function tellDecision(decision: Decision, now: number): string {
  const { outcome, grant, reasons, retryAt } = decision;
  const what = sayWhat(decision);
  if (grant) return `GRANTED: ${what}, with fence ${grant.fence}; it must begin by ${sayMoment(grant.notAfter)}.`;
  if (outcome === "granted") return `WOULD BE GRANTED now: ${what}. Nothing stands against it.`;
  const head =
    outcome === "waiting"
      ? `WAITING for a person's yes: ${what}.`
      : retryAt === undefined
        ? `DENIED: ${what}.`
        : `DENIED until ${sayUntil(retryAt, now)}: ${what}.`;
  const count = reasons.length === 1 ? "" : `\n${reasons.length} things stand against it:\n`;
  return `${head}\n${count}\n${reasons.map((reason) => tellReason(reason, decision, now)).join("\n\n")}`;
}
