/**
 * The words of Roundsman and the shapes that pass between its rooms.
 *
 * case      an inspection or a probe: data in, verdict out
 * instance  a case as it runs on a cluster; its id is the case's name, or `name@second` where it runs twice
 * key       equal keys meet: the rows that share one are judged together
 * check     one instance due for one key, with the rows it needs
 * verdict   a check's outcome
 * problem   what a failing check says, one or several per verdict
 * finding   a problem that lasts, open exactly as long as its cause
 * stamp     (epoch, seq) of the watcher that sent a check; what is lower is older
 * mark      the watcher's regular word on how old its view is
 */

/** The case that is told to nobody but ourselves: see DESIGN's word canary. */
export const CANARY = "roundsman/canary";

export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** OpenReports' five words. `warn` = every problem of the verdict is `low`. */
export type Outcome = "pass" | "fail" | "warn" | "error" | "skip";

/** A bare reference to an object, which need not exist. */
export interface Ref {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string };
}

/** A reference as findings carry it: never a uid. */
export interface Subject {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export interface Stamp {
  /** Rises each time a watcher takes the cluster. */
  readonly epoch: number;
  /** Counts within the epoch. */
  readonly seq: number;
}

/** Negative when `a` is older than `b`. */
export const compareStamps = (a: Stamp, b: Stamp): number => a.epoch - b.epoch || a.seq - b.seq;

/** What budgets and owners are counted by, as the watcher saw it for one row. */
export interface Scope {
  readonly owner?: string;
  readonly zone?: string;
  readonly pool?: string;
  /** The owner's word on remedies: `allow`, `veto`, or an operation instead. */
  readonly remedy?: string;
}

/** A key is one string, or a list where the read's `by` is a list. */
export type Key = string | readonly string[];

/** The data of `dev.roundsman.check.due.v1`. */
export interface Check {
  readonly id: string;
  readonly cluster: string;
  readonly case: string;
  readonly instance: string;
  readonly key: Key;
  readonly stamp: Stamp;
  readonly params: Readonly<Record<string, unknown>>;
  /** Rows per read, in the order (kind, namespace, name). */
  readonly rows: Readonly<Record<string, readonly unknown[]>>;
  /** Distinct scopes of the rows; `scopeOf` holds an index into it (or -1) per row. Left out where no row has one. */
  readonly scopes?: readonly Scope[];
  readonly scopeOf?: Readonly<Record<string, readonly number[]>>;
}

/** The data of `dev.roundsman.check.asked.v1`: this key is to be judged now, whether its rows changed or not. */
export interface CheckAsked {
  readonly cluster: string;
  readonly instance: string;
  readonly key: Key;
  /** Who wants it. */
  readonly by: string;
}

/** The data of `dev.roundsman.alert.redeliver.v1`: what a subscription's sink is to be told again. */
export interface Redelivery {
  readonly subscription: string;
  /** Unix ms: findings since then. */
  readonly since?: number;
  /** Only this one's, from this offset of topic `findings` on. */
  readonly fingerprint?: string;
  readonly offset?: number;
  /** Who wants it. */
  readonly by: string;
}

/** A problem as a verdict states it: normalised, its identity settled. */
export interface StatedProblem {
  readonly fingerprint: string;
  readonly rule?: string;
  readonly severity: Severity;
  readonly message: string;
  readonly subject: Subject;
  readonly related: readonly Subject[];
  readonly evidence?: unknown;
  /** Unix ms, by the object's own clock; may lie ahead. */
  readonly since?: number;
  /** ms; overrides the instance's. */
  readonly for?: number;
  readonly scope?: Scope;
  /** The subject's, where it is a row of the check. */
  readonly uid?: string;
}

/** Why a check could not run. */
export interface CheckError {
  readonly code: string;
  readonly message: string;
}

/** The data of `dev.roundsman.case.verdict.v1`. */
export interface Verdict {
  readonly id: string;
  readonly cluster: string;
  readonly case: string;
  readonly instance: string;
  readonly key: Key;
  readonly stamp: Stamp;
  readonly outcome: Outcome;
  readonly problems: readonly StatedProblem[];
  readonly error?: CheckError;
  /** ms between the moment the rows were taken and the moment the verdict was appended. */
  readonly late?: number;
}

/** The data of `dev.roundsman.cluster.mark.v1`: ages in ms, never moments, so that no other machine's clock is trusted. */
export interface Mark {
  readonly cluster: string;
  readonly stamp: Stamp;
  /** The lowest seq of the epoch that waits for an answer: a verdict below it that comes after this mark is a double. */
  readonly floor: number;
  /** Per kind that is read: how old the view of it is. `null` = there is none (not listed yet, forbidden, failing). */
  readonly ages: Readonly<Record<string, number | null>>;
  /** Per instance that waits for answers: how long ago the oldest unanswered change of a row came. */
  readonly unanswered: Readonly<Record<string, number>>;
  /** Per instance that cannot run here at all: why. */
  readonly refused: Readonly<Record<string, CheckError>>;
  /** Kinds that reads of `*` must leave out, because the watcher may not list them. */
  readonly leftOut: readonly string[];
}

/** The data of `dev.roundsman.check.pending.v1`: what one dispatcher still has of a cluster's checks. It holds for half a minute. */
export interface Pending {
  readonly cluster: string;
  readonly epoch: number;
  /** The dispatcher's name. */
  readonly by: string;
  /** Of seqs, both ends within, rising. */
  readonly ranges: readonly (readonly [number, number])[];
}

export type FindingState = "open" | "resolved";

/** The very object that a finding's subject names now: what a remedy may be done to, and nothing else of that name. */
export interface FindingTarget {
  readonly uid: string;
  readonly zone?: string;
  readonly pool?: string;
  readonly remedy?: string;
}

/** A finding, the same in the API, the CLI, the topic and every sink. Times are RFC 3339; `episode` is unix ms. */
export interface Finding {
  readonly fingerprint: string;
  readonly case: string;
  /** Its second name, where the case runs twice. */
  readonly instance?: string;
  readonly rule?: string;
  readonly severity: Severity;
  readonly state: FindingState;
  readonly episode: number;
  readonly cluster: string;
  readonly subject: Subject;
  readonly related: readonly Subject[];
  readonly message: string;
  readonly evidence?: unknown;
  readonly owner?: string;
  /** Left out where the subject was not among the rows: no remedy can be done to it. */
  readonly target?: FindingTarget;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** How many episodes so far, this one included. */
  readonly episodes: number;
  readonly resolvedAt?: string;
  /** Why it was resolved, where its cause did not simply go: the case or the cluster was removed. */
  readonly reason?: string;
  readonly help: string;
  /** W3C trace context of the check that raised it: verdicts, notices and what was done about it carry the same. */
  readonly traceparent?: string;
  readonly stale?: boolean;
}
