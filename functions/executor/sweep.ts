/** What nobody is at: finishes what was begun and left, takes back what is released, deletes what is old. */
import { isFault, sayError } from "#sdk/errors.ts";
import type { Job } from "#sdk/operation/job.ts";
import type { Edge } from "./edge.ts";
import { lookAt } from "./run.ts";
import { deletableAt, isOver, progress } from "./state.ts";
import { isUndoDue, type Resolved, released, undo } from "./undo.ts";

export type Chore = "look" | "undo" | "void" | "delete" | undefined;

/** Pure. `void`: it holds something and is old; where its target is gone it may go too. */
export function choreOf(job: Job, now: number, limits: Edge["limits"]): Chore {
  if (progress(job) === "acting") return isOver(job, now) ? "look" : undefined;
  if (isUndoDue(job)) return "undo";
  const from = deletableAt(job, limits);
  if (from !== undefined) return now > from ? "delete" : undefined;
  // It holds something: nothing is held where the target is gone.
  return Date.parse(job.status?.finishedAt ?? "") + limits.keep < now ? "void" : undefined;
}

async function doChore(edge: Edge, job: Job, chore: Chore): Promise<void> {
  if (chore === "look") await lookAt(edge, job);
  if (chore === "undo") await undo(edge, job);
  if (chore === "delete") await edge.jobs.remove(job);
  if (chore === "void" && (await edge.hands.read(job.spec.target)) === undefined) await edge.jobs.remove(job);
}

/** One round over all jobs. `free` says whether this process is not at it already, and keeps it so until done. */
export async function sweep(
  edge: Edge,
  free: (name: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const job of await edge.jobs.list()) {
    if (edge.signal.aborted) return;
    const chore = choreOf(job, edge.clock.now(), edge.limits);
    if (chore === undefined) continue;
    try {
      await free(job.metadata.name, () => doChore(edge, job, chore));
    } catch (e) {
      if (!isFault(e)) throw e;
      edge.warn({ job: job.metadata.name, chore, err: sayError(e) }, "a chore failed; it is done in the next round");
    }
  }
}

/** Releases what is held for findings that are resolved, and takes back what nothing holds any more. */
export async function release(
  edge: Edge,
  resolved: Resolved,
  free: (name: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const listed of await edge.jobs.list()) {
    if (released(listed, resolved) === undefined) continue;
    await free(listed.metadata.name, async () => {
      for (let beaten = true; beaten && !edge.signal.aborted; ) {
        const job = await edge.jobs.get(listed.metadata.name);
        const next = job && released(job, resolved);
        if (next === undefined) return;
        const written = await edge.jobs.status(next);
        beaten = written === undefined;
        if (written && isUndoDue(written)) await undo(edge, written);
      }
    });
  }
}
