/** Takes back the executor's own claims (a cordon, a taint) once all that they were made for is resolved. Needs no grant. */
import { isFault, sayError } from "#sdk/errors.ts";
import type { Hold, Job, JobStatus } from "#sdk/operation/job.ts";
import { doingOf, grantedOf } from "./act.ts";
import type { Edge } from "./edge.ts";
import { common } from "./run.ts";
import { progress } from "./state.ts";

/** What is over: fingerprints, each with the episode that ended; a later one holds on. */
export type Resolved = ReadonlyMap<string, number>;

/** The job with the claims released that are held for what is over; undefined where it holds none such. */
export function released(job: Job, resolved: Resolved): Job | undefined {
  const isOver = ({ finding }: Hold) =>
    finding !== undefined && finding.episode <= (resolved.get(finding.fingerprint) ?? -1);
  const holds = job.status?.holds ?? [];
  if (!holds.some((hold) => hold.released !== true && isOver(hold))) return undefined;
  const now = holds.map((hold) => (isOver(hold) ? { ...hold, released: true } : hold));
  return { ...job, status: { ...job.status!, holds: now } };
}

/** Whether nothing is under way and every claim on the target is released. A node that two findings hold is held by the last. */
export function isUndoDue(job: Job): boolean {
  const holds = job.status?.holds ?? [];
  return progress(job) === "finished" && holds.length > 0 && holds.every((hold) => hold.released === true);
}

const TRIES = 5;

/**
 * Takes back what the job's released claims left. Only what still carries the claim's own fence is touched, over the state that
 * was seen. Rejects where the API server did: it is then due still.
 */
export async function undo(edge: Edge, job: Job): Promise<void> {
  const granted = grantedOf(edge, job);
  const done: string[] = [];
  for (const hold of job.status!.holds!) done.push(...(await takeBack(edge, job, hold)));
  const { holds: _, ...status } = job.status!;
  const undoneAt = new Date(edge.clock.now()).toISOString();
  const written = await edge.jobs.status({ ...job, status: { ...status, undoneAt } satisfies JobStatus });
  // Beaten: whoever was faster has changed the job, and it is looked at again. What was taken back is told all the same.
  if (done.length === 0) return;
  const data = { ...common(edge, written ?? job), at: edge.clock.now(), message: done.join(", ") };
  await edge.report({ what: "undone", data: { ...data, id: granted.id } });
}

async function takeBack(edge: Edge, job: Job, { operation, fence, params }: Hold): Promise<string[]> {
  const granted = grantedOf(edge, job);
  const known = edge.catalog.resolve({ operation, target: granted.target, ...(params && { params }) });
  if ("flaw" in known || known.operation.undo === undefined) return [];
  const held = { ...granted, grant: { ...granted.grant, fence } };
  for (let tries = 1; ; tries++) {
    const target = await edge.hands.read(granted.target);
    if (target === undefined) return [];
    try {
      const did = await known.operation.undo({ ...doingOf(edge, held, known, edge.clock.now()), target });
      return did === undefined ? [] : [did];
    } catch (e) {
      if (!isFault(e, "kube-conflict") || tries === TRIES) throw e;
      edge.warn(
        { job: job.metadata.name, err: sayError(e) },
        "a target changed while its claim was taken back; once more",
      );
    }
  }
}
