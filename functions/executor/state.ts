/** What happens next with a grant: pure. It sees the job and the target as they were just read, and its own clock. */
import type { KubeObject } from "#broker/kube/index.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import {
  type Condition,
  type Hold,
  JOB_API_VERSION,
  JOB_KIND,
  type Job,
  type JobSpec,
  type JobStatus,
  jobName,
} from "#sdk/operation/job.ts";
import type { Failure } from "#sdk/operation/outcome.ts";

export interface Limits {
  /** ms: how far clocks may differ, as the defender has it. */
  readonly epsilon: number;
  /** After so many beginnings of one operation on one target within `attemptsWithin` ms a person must look. */
  readonly attempts: number;
  readonly attemptsWithin: number;
  /** ms that a finished job is kept for people to read. */
  readonly keep: number;
}

export const LIMITS: Limits = { epsilon: 6_000, attempts: 5, attemptsWithin: 86_400_000, keep: 86_400_000 };

export interface Situation {
  readonly granted: Granted;
  /** Why nobody could do it: an unknown operation, params that are none of its own, a target that may not be read. */
  readonly flaw: { readonly failure: "invalid" | "refused"; readonly message: string } | undefined;
  readonly job: Job | undefined;
  /** Undefined: gone, or another has its name. */
  readonly target: KubeObject | undefined;
  /** Unix ms. */
  readonly now: number;
  /** This process. */
  readonly executor: string;
  readonly limits: Limits;
}

export type Step =
  /** Nothing is written: another's word stands, or nobody has claimed it. `tell`: it is said in the log. */
  | { readonly do: "refuse"; readonly failure: Failure; readonly message: string; readonly tell: boolean }
  /** Creates the job, or takes the finished one over by the resourceVersion that was seen. */
  | { readonly do: "claim"; readonly job: Job }
  /** It is ours to begin: `Acting` is written over the state that was seen, and only whoever wrote it acts. */
  | { readonly do: "begin"; readonly job: Job }
  /** It is claimed and shall not begin: that is written, so that nobody else begins it. */
  | { readonly do: "give-up"; readonly job: Job; readonly failure: Failure; readonly message: string }
  /** It was begun, and nobody is at it any more: what came of it is looked at, and not done again. */
  | { readonly do: "look"; readonly job: Job }
  /** Another process is at it. */
  | { readonly do: "leave" }
  | { readonly do: "done"; readonly job: Job };

const refuse = (failure: Failure, message: string, tell = true): Step => ({ do: "refuse", failure, message, tell });

export function next(situation: Situation): Step {
  const { granted, job, now, limits } = situation;
  const { fence, notAfter } = granted.grant;
  const held = job?.spec.grant.fence;
  if (job !== undefined && held !== undefined) {
    if (held > fence) return refuse("stale-fence", `grant ${held}, which is later, holds the target`);
    if (held === fence) return ofOwn(situation, job);
    const before = progress(job);
    if (before === "acting") {
      if (isOver(job, now)) return { do: "look", job };
      return refuse("busy", `${job.spec.operation} of grant ${held} is under way on it`);
    }
  }
  // An unclaimed grant that ran out is told by nobody: another executor's clock may be a little behind ours.
  if (now > notAfter) return refuse("too-late", late(now, notAfter), false);
  if (situation.flaw !== undefined) return refuse(situation.flaw.failure, situation.flaw.message);
  if (situation.target === undefined) return refuse("target-gone", "it is gone, or another object has its name");
  const begun = attemptsOf(job, granted.operation, now, limits);
  if (begun >= limits.attempts)
    return refuse(
      "loop",
      `${granted.operation} was begun ${begun} times on it in ${limits.attemptsWithin / 3_600_000} h: look at it, and delete its RemedyOperationJob ${jobName(granted.target)} to let it go on`,
    );
  return { do: "claim", job: claimed(granted, job) };
}

/** The job holds this very grant. */
function ofOwn({ granted, flaw, target, now, executor }: Situation, job: Job): Step {
  if (job.spec.id !== granted.id)
    return refuse("stale-fence", `another request (${job.spec.id}) holds the target under the same fence`);
  const how = progress(job);
  if (how === "finished") return { do: "done", job };
  if (how === "acting") {
    // Its own Acting, and it does not know of it: the answer to the write was lost. Whether it acted nobody knows.
    return job.status!.executor === executor || isOver(job, now) ? { do: "look", job } : { do: "leave" };
  }
  const giveUp = (failure: Failure, message: string): Step => ({ do: "give-up", job, failure, message });
  const { notAfter } = granted.grant;
  if (now > notAfter) return giveUp("too-late", late(now, notAfter));
  if (flaw !== undefined) return giveUp(flaw.failure, flaw.message);
  if (target === undefined) return giveUp("target-gone", "it is gone, or another object has its name");
  return { do: "begin", job };
}

const late = (now: number, notAfter: number) => `its grant ran out ${now - notAfter} ms before it could begin`;

/** How far the grant in the job's spec is; a status of a lower fence is an earlier one's. */
export function progress({ spec, status }: Job): "claimed" | "acting" | "finished" {
  if (status === undefined || status.fence !== spec.grant.fence) return "claimed";
  return status.phase === "Acting" ? "acting" : "finished";
}

/** What it does had to show by then; whoever was at it is taken for gone. */
export const isOver = ({ status }: Job, now: number): boolean =>
  status?.deadline !== undefined && now > Date.parse(status.deadline);

const attemptsOf = (job: Job | undefined, operation: string, now: number, { attemptsWithin }: Limits): number =>
  (job?.status?.attempts ?? []).filter(
    (one) => one.operation === operation && Date.parse(one.at) > now - attemptsWithin,
  ).length;

function claimed(granted: Granted, before: Job | undefined): Job {
  const { cluster: _, ...spec } = granted;
  if (before) return { ...before, spec: spec as JobSpec };
  return {
    apiVersion: JOB_API_VERSION,
    kind: JOB_KIND,
    metadata: { name: jobName(granted.target), labels: { "app.kubernetes.io/managed-by": "roundsman" } },
    spec,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const MOST = 20;

export interface Beginning {
  readonly now: number;
  readonly executor: string;
  readonly deadline: number;
  readonly evidence?: string;
}

/**
 * When what is begun now must show. No earlier than anybody could still act under the grant: whoever looks after it, and
 * lets the next grant have the target, must not be overtaken by one that slept.
 */
export const deadlineOf = (job: Job, now: number, within: number, { epsilon }: Limits): number =>
  Math.max(now + within, job.spec.grant.notAfter + epsilon);

/** `Acting`, to be written over the job as it was seen. */
export function begun(job: Job, about: Beginning): Job {
  const { now, executor, deadline, evidence } = about;
  const { operation, grant } = job.spec;
  const at = iso(now);
  const attempt = { operation, fence: grant.fence, at, phase: "Acting" as const };
  const status: JobStatus = {
    ...(job.metadata.generation !== undefined && { observedGeneration: job.metadata.generation }),
    phase: "Acting",
    fence: grant.fence,
    executor,
    begun: true,
    startedAt: at,
    deadline: iso(deadline),
    ...(evidence !== undefined && { evidence }),
    ...(job.status?.holds && { holds: job.status.holds }),
    attempts: [...(job.status?.attempts ?? []), attempt].slice(-MOST),
    conditions: [
      condition("Begun", "True", "Acting", `${operation} under grant ${grant.fence}`, at),
      condition("Succeeded", "Unknown", "Acting", "", at),
    ],
  };
  return { ...job, status };
}

export interface Ending {
  readonly now: number;
  readonly executor: string;
  /** Undefined = it succeeded. */
  readonly failure?: Failure;
  readonly message: string;
  /** A claim that it left, and those of earlier operations that it ended. */
  readonly hold?: Hold;
  readonly releases?: readonly string[];
}

/** The last word on the grant in the job's spec. */
export function ended(job: Job, { now, executor, failure, message, hold, releases = [] }: Ending): Job {
  const { fence } = job.spec.grant;
  const own = progress(job) === "acting" ? job.status : undefined;
  const phase = failure === undefined ? ("Succeeded" as const) : ("Failed" as const);
  const at = iso(now);
  const kept = (job.status?.holds ?? []).filter(({ operation }) => !releases.includes(operation));
  const holds = [...kept, ...(hold ? [hold] : [])].slice(-MOST);
  const attempts = (job.status?.attempts ?? []).map((one) =>
    one.fence === fence && own !== undefined ? { ...one, phase } : one,
  );
  const [begunCondition] = own?.conditions ?? [];
  const status: JobStatus = {
    ...(job.metadata.generation !== undefined && { observedGeneration: job.metadata.generation }),
    phase,
    fence,
    executor: own?.executor ?? executor,
    begun: own !== undefined,
    ...(own?.startedAt !== undefined && { startedAt: own.startedAt }),
    ...(own?.deadline !== undefined && { deadline: own.deadline }),
    finishedAt: at,
    ...(failure !== undefined && { failure }),
    message: message.slice(0, 4_096),
    ...(own?.evidence !== undefined && { evidence: own.evidence }),
    ...(holds.length > 0 && { holds }),
    ...(attempts.length > 0 && { attempts }),
    conditions: [
      begunCondition ?? condition("Begun", "False", failure ?? "Never", message, at),
      condition("Succeeded", failure === undefined ? "True" : "False", failure ?? "Verified", message, at),
    ],
  };
  return { ...job, status };
}

/** A reason is one word of letters. */
const condition = (
  type: string,
  status: Condition["status"],
  reason: string,
  message: string,
  lastTransitionTime: string,
): Condition => ({
  type,
  status,
  reason: reason.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
  message: message.slice(0, 1_024),
  lastTransitionTime,
});

const AFTER_NOT_AFTER = 60_000;

/** Unix ms from which the job may be deleted; undefined while it is under way or holds something. */
export function deletableAt(job: Job, limits: Limits): number | undefined {
  // A grant that comes late must still meet its fence: until then its own not-after is long past.
  const fenced = job.spec.grant.notAfter + limits.epsilon + AFTER_NOT_AFTER;
  const how = progress(job);
  if (how === "acting" || (job.status?.holds?.length ?? 0) > 0) return undefined;
  const last = job.status?.finishedAt;
  return Math.max(fenced, last === undefined ? 0 : Date.parse(last) + limits.keep);
}
