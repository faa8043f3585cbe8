/** Carries one grant through: reads, decides the next step, takes it. The steps are `state.ts`'s. */
import { isFault, sayError } from "#sdk/errors.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import { type Job, jobName } from "#sdk/operation/job.ts";
import type { Failure } from "#sdk/operation/outcome.ts";
import { act, doingOf, grantedOf, keptEvidence, look, type Result } from "./act.ts";
import type { Known } from "./catalog.ts";
import type { Edge, Report } from "./edge.ts";
import { begun, deadlineOf, ended, next, progress, type Situation, type Step } from "./state.ts";

const PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Resolves when there is nothing left for this process to do. Rejects only for a defect. */
export async function runGrant(edge: Edge, granted: Granted): Promise<void> {
  const resolved = edge.catalog.resolve(granted);
  const flaw: Situation["flaw"] = "flaw" in resolved ? { failure: "invalid", message: resolved.flaw } : undefined;
  const known = "flaw" in resolved ? undefined : resolved;
  for (let pause = PAUSE; !edge.signal.aborted; ) {
    try {
      const taken = await edge.beginning(() => takeStep(edge, granted, known, flaw));
      if (typeof taken === "boolean" ? taken : await taken()) return;
    } catch (e) {
      if (!isFault(e) || e.code === "kube-closed") throw e;
      // Before Acting nothing was done; after it the status says so. Either way it is read again.
      edge.warn({ request: granted.id, err: sayError(e) }, "a remedy's step failed; reading again");
      // Nobody could read whether it was claimed, and it may not begin any more: the healer writes that it expired.
      if (!e.retry) return;
      await edge.sleep(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

type Seen = Pick<Situation, "job" | "target" | "flaw">;

/** Whether that was the last one; or what takes its time and answers that. */
type Taken = boolean | (() => Promise<boolean>);

async function takeStep(
  edge: Edge,
  granted: Granted,
  known: Known | undefined,
  wrong: Situation["flaw"],
): Promise<Taken> {
  // One that ran out is never begun, whatever its target is like: in a storm that spares half of what is asked.
  const isLate = edge.clock.now() > granted.grant.notAfter;
  const reading = wrong || isLate ? { target: undefined, flaw: wrong } : readTarget(edge, granted);
  const [job, { target, flaw }] = await Promise.all([edge.jobs.get(jobName(granted.target)), reading]);
  return takeStepFrom(edge, granted, known, { job, target, flaw });
}

async function takeStepFrom(edge: Edge, granted: Granted, known: Known | undefined, seen: Seen): Promise<Taken> {
  const { clock, executor, limits } = edge;
  const step: Step = next({ ...seen, granted, now: clock.now(), executor, limits });
  switch (step.do) {
    case "refuse":
      if (step.tell) await edge.report(refusal(edge, granted, step.failure, step.message));
      return true;
    case "claim": {
      const braked = await edge.brake(granted);
      if (braked !== undefined) {
        await edge.report(refusal(edge, granted, "brake", braked));
        return true;
      }
      const claimed = await claim(edge, granted, step.job);
      if (claimed === "impossible") return true;
      // The target as it was seen a moment ago will do: the act itself means that very state.
      return claimed === undefined ? false : takeStepFrom(edge, granted, known, { ...seen, job: claimed });
    }
    case "give-up":
      return finish(edge, step.job, { failure: step.failure, message: step.message });
    case "begin":
      return begin(edge, step.job, known!, seen.target!);
    case "look":
      return async () => {
        await lookAt(edge, step.job);
        return isOf(step.job, granted);
      };
    case "leave":
      return true;
    case "done":
      await edge.report(outcome(edge, step.job));
      return true;
  }
}

/** What may not be read may not be touched: nobody could do it. */
async function readTarget({ hands }: Edge, { target }: Granted): Promise<Omit<Seen, "job">> {
  try {
    return { target: await hands.read(target), flaw: undefined };
  } catch (e) {
    if (!isFault(e) || e.retry) throw e;
    return { target: undefined, flaw: { failure: "refused", message: e.message } };
  }
}

/** Undefined: whoever was faster is seen in the next round. Where no claim can be made at all, that is told. */
async function claim(edge: Edge, granted: Granted, job: Job): Promise<Job | undefined | "impossible"> {
  try {
    return await edge.jobs.claim(job);
  } catch (e) {
    if (!isFault(e) || e.retry || e.code === "kube-closed") throw e;
    await edge.report(refusal(edge, granted, "refused", `no claim could be made: ${e.message}`));
    return "impossible";
  }
}

/** Else it was an earlier grant's that was looked at, and now it is this one's turn. */
const isOf = (job: Job, granted: Granted): boolean => job.spec.grant.fence === granted.grant.fence;

async function begin(edge: Edge, job: Job, known: Known, target: Parameters<typeof act>[3]): Promise<Taken> {
  const granted = grantedOf(edge, job);
  const { clock, executor, jobs } = edge;
  const deadline = deadlineOf(job, clock.now(), known.operation.within(known.params), edge.limits);
  const doing = { ...doingOf(edge, granted, known, deadline), target };
  const evidence = await keptEvidence(doing, known);
  const braked = await edge.brake(granted);
  if (braked !== undefined) return finish(edge, job, { failure: "brake", message: braked });
  const now = clock.now();
  if (now > granted.grant.notAfter) return false; // the next round says so
  const written = await jobs.status(
    begun(job, { now, executor, deadline, ...(evidence !== undefined && { evidence }) }),
  );
  if (written === undefined) return false;
  const told = edge.report({ what: "started", data: common(edge, written) });
  told.catch(() => undefined); // it is awaited below
  return async () => {
    const result = await act(edge, written, known, target);
    await told;
    return finish(edge, written, result);
  };
}

/** What was begun by whom ever: never done again. */
export async function lookAt(edge: Edge, job: Job): Promise<void> {
  const known = edge.catalog.resolve(job.spec);
  if ("flaw" in known) await finish(edge, job, { failure: "unknown", message: known.flaw });
  else await finish(edge, job, await look(edge, job, known, "whoever began it did not finish it"));
}

/**
 * Writes the last word, and tells it. Answers false where another's word stands. What else was changed in the job
 * meanwhile (a label, a claim that was released) is kept.
 */
async function finish(edge: Edge, job: Job, result: Result): Promise<boolean> {
  const { clock, executor, jobs } = edge;
  const { hold, ...rest } = result;
  const full = hold && { ...hold, ...(job.spec.finding && { finding: job.spec.finding }) };
  const word = { ...rest, ...(full && { hold: full }), now: clock.now(), executor };
  let current = job;
  for (let pause = PAUSE; ; ) {
    try {
      const last = ended(current, word);
      const written = await jobs.status(last);
      const now = written ?? (await jobs.get(job.metadata.name));
      // Deleted by somebody: what was done was done, and is told from here, or this grant would be claimed anew.
      if (written || now?.metadata.uid !== job.metadata.uid) {
        await edge.report(outcome(edge, written ?? last));
        return true;
      }
      if (now === undefined || !isStillAt(now, job)) return false;
      current = now;
    } catch (e) {
      if (!isFault(e) || !e.retry || edge.signal.aborted) throw e;
      await edge.sleep(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

/** The same grant, as far as it was: so the last word on it is not said. */
const isStillAt = (now: Job, then: Job): boolean =>
  now.spec.grant.fence === then.spec.grant.fence &&
  progress(now) === progress(then) &&
  (progress(now) === "claimed" || now.status?.executor === then.status?.executor);

export const common = (edge: Pick<Edge, "cluster" | "clock">, { spec, status }: Job) => ({
  id: spec.id,
  ...(spec.matter !== undefined && { matter: spec.matter }),
  cluster: edge.cluster,
  operation: spec.operation,
  target: spec.target,
  fence: spec.grant.fence,
  ...(spec.finding && { finding: spec.finding }),
  executor: status!.executor,
  at: Date.parse(status!.finishedAt ?? status!.startedAt!),
});

function outcome(edge: Edge, job: Job): Report {
  const { failure, message = "", begun } = job.status!;
  const data = { ...common(edge, job), message };
  return failure === undefined ? { what: "succeeded", data } : { what: "failed", data: { ...data, failure, begun } };
}

const refusal = (edge: Edge, granted: Granted, failure: Failure, message: string): Report => ({
  what: "failed",
  data: {
    id: granted.id,
    ...(granted.matter !== undefined && { matter: granted.matter }),
    cluster: edge.cluster,
    operation: granted.operation,
    target: granted.target,
    fence: granted.grant.fence,
    ...(granted.finding && { finding: granted.finding }),
    executor: edge.executor,
    at: edge.clock.now(),
    failure,
    message: message.slice(0, 4_096),
    begun: false,
  },
});
