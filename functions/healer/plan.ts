/** What is next for one fault and one remedier. Pure: the course, the rule and the time decide. */
import { durationMs } from "#sdk/case/duration.ts";
import type { Ailment, Strategy } from "#sdk/operation/remedy.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import { askConsent } from "./consent.ts";
import { deedOf, type Entry, grantIn, lastOf } from "./course.ts";

export type Step = Remedier["spec"]["steps"][number];

/** The same deed on the same target, for another fault. */
export interface Other {
  readonly deed: string;
  readonly entries: readonly Entry[];
}

export interface Situation {
  readonly spec: Remedier["spec"];
  readonly ailment: Ailment;
  /** False: its finding is resolved, or the node's condition is well. */
  readonly isOpen: boolean;
  readonly strategy: Strategy;
  readonly entries: readonly Entry[];
  readonly others: readonly Other[];
  /** Names of all operations. */
  readonly operations: ReadonlySet<string>;
  readonly now: number;
}

export type Plan =
  /** Somebody else is at it, or all is said. `why` for people. */
  | { readonly do: "nothing"; readonly why: string }
  | { readonly do: "wait"; readonly at: number; readonly why: string }
  /** The owner's say stands against it; `at` = when it is decided without one. */
  | { readonly do: "hold"; readonly step: number; readonly why: string; readonly at?: number }
  | {
      readonly do: "ask";
      readonly step: number;
      readonly attempt: number;
      readonly operation: string;
      readonly params: Readonly<Record<string, unknown>>;
    }
  | { readonly do: "expire"; readonly grant: Extract<Entry, { what: "granted" }> }
  | { readonly do: "escalate"; readonly step: number; readonly why: string };

/** ms: a request that nobody answered is too old for the defender by then. */
const UNANSWERED = 5 * 60_000;
/** ms after a grant's end: who has not said `started` by then never began. */
export const EXPIRES = 30_000;
const SOONEST = 5_000;
const LATEST = 10 * 60_000;
const PAUSE = 10_000;
const YES = 30_000;
/** Attempts of one step that were granted and not begun, before the next one. */
const TRIES = 5;
const ESCALATE_AFTER = "10m";

/** What was not begun for these is tried again: it says nothing of the operation. */
const AGAIN = new Set(["too-late", "stale-fence", "busy", "brake"]);

export function plan(situation: Situation): Plan {
  const { entries, isOpen, now } = situation;
  const grant = grantIn(entries);
  if (grant) {
    const at = grant.notAfter + EXPIRES;
    return now >= at ? { do: "expire", grant } : { do: "wait", at, why: "granted, and not begun yet" };
  }
  if (!isOpen) return { do: "nothing", why: "the fault is over" };
  const last = lastOf(entries);
  if (last?.what === "started") return { do: "nothing", why: `${last.operation} is under way` };
  if (last?.what === "escalated") return { do: "nothing", why: "a person was told" };
  return ahead(situation, last);
}

/** When which step is due, of a course on which nothing is under way. */
function ahead(situation: Situation, last: Entry | undefined): Plan {
  const { spec, ailment } = situation;
  if (!last) return due(situation, 0, 0, ailment.since + ms(spec.match.for, "0s"), "not long enough yet");
  const { step, at } = last;
  // Answers may come late, and out of order.
  const next = nextAttempt(situation.entries, step);
  switch (last.what) {
    case "asked":
      return due(situation, step, next, at + UNANSWERED, "asked, and not answered yet");
    case "denied":
    case "waiting":
      return due(situation, step, next, againAt(last, situation.entries), `${last.what}; asked again then`);
    case "expired":
      return again(situation, last);
    case "failed":
      if (last.failure === "target-gone") return { do: "nothing", why: "the target is gone" };
      if (last.failure === "loop") return { do: "escalate", step, why: `${last.operation} was begun too often` };
      return !last.begun && AGAIN.has(last.failure) ? again(situation, last) : after(situation, last);
    default:
      return after(situation, last);
  }
}

/** It was granted and nothing was begun. */
function again(situation: Situation, last: Entry): Plan {
  const { entries } = situation;
  const tries = entries.filter(
    ({ what, step }) => step === last.step && (what === "expired" || what === "failed"),
  ).length;
  if (tries >= TRIES) return after(situation, last);
  return due(
    situation,
    last.step,
    nextAttempt(entries, last.step),
    last.at + backOff(tries - 1),
    "not begun; asked again then",
  );
}

/** The step is over and the fault stands: the next one, or a person. */
function after(situation: Situation, { step, at, operation }: Pick<Entry, "step" | "at" | "operation">): Plan {
  const { spec, now } = situation;
  const next = spec.steps[step + 1];
  if (next)
    return due(
      situation,
      step + 1,
      0,
      at + ms(next.after, "0s"),
      `${operation} is over; the next step if the fault stands`,
    );
  const then = at + ms(spec.escalate?.after, ESCALATE_AFTER);
  if (now < then) return { do: "wait", at: then, why: `${operation} is over; a person is told if the fault stands` };
  const said = spec.escalate?.say;
  return {
    do: "escalate",
    step,
    why: `${spec.steps.length === 1 ? "its only step was" : `all ${spec.steps.length} steps were`} taken and it stands${said === undefined ? "" : `: ${said}`}`,
  };
}

function due(situation: Situation, step: number, attempt: number, at: number, why: string): Plan {
  const { spec, now, strategy, entries, others, ailment, operations } = situation;
  const wanted = spec.steps[step];
  if (!wanted) return { do: "nothing", why: "its remedier has no such step any more" };
  if (now < at) return { do: "wait", at, why };
  if (strategy === "observe") {
    const isSaid = entries.some((one) => one.what === "observed" && one.step === step);
    return isSaid ? { do: "nothing", why: "it only observes" } : ask(step, attempt, wanted.operation, wanted.params);
  }
  const consent = askConsent({ spec, ailment, now, wanted, operations });
  if ("why" in consent) return { do: "hold", step, ...consent };
  const { operation, params } = consent;
  const deed = deedOf(operation, params);
  const same = others.filter((one) => one.deed === deed);
  const busy = Math.max(0, ...same.map((one) => busyUntil(one.entries)));
  if (busy > now) {
    const why = `${operation} is under way for another fault`;
    return Number.isFinite(busy) ? { do: "wait", at: busy, why } : { do: "nothing", why };
  }
  // Done since this fault began: it was its remedy too.
  const done = same.flatMap(({ entries: all }) =>
    all.filter((one) => one.what === "succeeded" && one.deed === deed && one.at >= ailment.since),
  );
  const first = done[0];
  return first && attempt === 0
    ? after(situation, { step, at: first.at, operation })
    : ask(step, attempt, operation, params);
}

/** Unix ms: until when something is under way that nobody said the end of; 0 = nothing is. */
function busyUntil(entries: readonly Entry[]): number {
  const last = lastOf(entries);
  if (last?.what === "asked") return last.at + UNANSWERED;
  if (last?.what === "granted") return last.notAfter + EXPIRES + SOONEST;
  return last?.what === "started" ? Number.POSITIVE_INFINITY : 0;
}

const ask = (step: number, attempt: number, operation: string, params: Step["params"] = {}): Plan => ({
  do: "ask",
  step,
  attempt,
  operation,
  params,
});

const nextAttempt = (entries: readonly Entry[], step: number): number =>
  1 + Math.max(...entries.filter((one) => one.step === step && one.what !== "observed").map(({ attempt }) => attempt));

const ms = (text: string | undefined, otherwise: string): number => durationMs(text ?? otherwise, "duration");
const backOff = (count: number): number => Math.min(PAUSE * 2 ** Math.max(0, count), LATEST);

/** When the defender said, within bounds, and not all at one moment. */
function againAt({ at, step, attempt, deed, ...last }: Entry, entries: readonly Entry[]): number {
  const refusals = entries.filter(
    (one) => one.step === step && (one.what === "denied" || one.what === "waiting"),
  ).length;
  const until = "until" in last ? last.until : undefined;
  const wait = until === undefined ? backOff(refusals - 1) : until - at;
  // A person's yes comes at any moment, and nobody tells.
  const bounded = Math.min(Math.max(wait, SOONEST), last.what === "waiting" ? YES : LATEST);
  return at + bounded + spread(`${deed}/${attempt}`) * Math.min(bounded / 10, 5_000);
}

/** 0 to 1, the same for the same text. */
function spread(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return (hash >>> 0) / 2 ** 32;
}
