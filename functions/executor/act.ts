/** From `Acting` to the last word: does it once, or looks what came of it. */
import type { KubeObject } from "#broker/kube/index.ts";
import { type Code, isFault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import type { Hold, Job } from "#sdk/operation/job.ts";
import type { Failure } from "#sdk/operation/outcome.ts";
import type { Known } from "./catalog.ts";
import type { Edge } from "./edge.ts";
import { evidenceOf } from "./evidence.ts";
import type { Acted, Doing } from "./operation.ts";
import { stopped } from "./operations/refuse.ts";
import type { Ending } from "./state.ts";

/** Errors after which it is known that nothing was done. */
const NOTHING_DONE: ReadonlySet<Code> = new Set<Code>([
  "kube-conflict",
  "kube-not-found",
  "kube-unauthorized",
  "kube-forbidden",
  "kube-refused",
  "kube-throttled",
  "kube-credentials",
  "operation-refused",
  "post-refused",
]);
const TRIES = 3;
const PAUSE = 250;
const LONGEST_PAUSE = 5_000;

export type Result = Omit<Ending, "now" | "executor">;

type Word = Omit<Doing, "target">;

export const grantedOf = (edge: Pick<Edge, "cluster">, { spec }: Job): Granted => ({ ...spec, cluster: edge.cluster });

export const doingOf = (edge: Edge, granted: Granted, { params }: Known, deadline: number): Word => ({
  hands: edge.hands,
  params,
  granted: { id: granted.id, fence: granted.grant.fence, cluster: granted.cluster, target: granted.target },
  brake: () => edge.brake(granted),
  clock: edge.clock,
  sleep: edge.sleep,
  deadline,
  signal: edge.signal,
});

/** What is kept before it is begun: of what is destructive, so that a person can see what was there. */
export async function keptEvidence(doing: Doing, { operation }: Known): Promise<string | undefined> {
  if (!operation.destructive) return undefined;
  return evidenceOf(doing.target, await operation.evidence?.(doing));
}

/** Does it, once: the job says `Acting`, by our own word. */
export async function act(edge: Edge, job: Job, known: Known, target: KubeObject): Promise<Result> {
  const granted = grantedOf(edge, job);
  const doing = doingOf(edge, granted, known, Date.parse(job.status!.deadline!));
  const { notAfter } = granted.grant;
  let seen: KubeObject | undefined = target;
  for (let tries = 1; ; tries++) {
    // Writing Acting took its time, and so did a conflict.
    if (edge.clock.now() > notAfter) return failed("too-late", "its grant ran out before the act: nothing was done");
    if (seen === undefined) return failed("target-gone", "it went before the act: nothing was done");
    const braked = await doing.brake();
    if (braked !== undefined) return failed("brake", braked);
    try {
      const acted = await known.operation.act({ ...doing, target: seen });
      return await verify(doing, known, acted);
    } catch (e) {
      if (isFault(e, "executor-stopped")) throw e;
      if (isFault(e, "operation-braked")) return failed("brake", e.message, holdOf(doing, known));
      if (!isFault(e) || !NOTHING_DONE.has(e.code)) return look(edge, job, known, sayError(e));
      if (!isFault(e, "kube-conflict") || tries === TRIES) return refused(e, holdOf(doing, known));
      seen = await edge.hands.read(granted.target); // somebody changed it: nothing was done, so it is seen anew
    }
  }
}

/** It was begun and nobody knows how it went: it is looked at until its deadline, and once after it. */
export async function look(edge: Edge, job: Job, known: Known, why: string): Promise<Result> {
  const doing = doingOf(edge, grantedOf(edge, job), known, Date.parse(job.status!.deadline!));
  const sight = await watch(doing, known);
  const hold = holdOf(doing, known);
  if (sight === "done") return succeeded(`it was found done, though its answer was lost (${why})`, known, hold);
  return failed("unknown", `nobody knows whether it was done, and it is not done again: ${why}`, hold);
}

async function verify(doing: Word, known: Known, { message, seen, holds }: Acted): Promise<Result> {
  const hold = holds === false ? undefined : holdOf(doing, known);
  const sight = seen === true ? "done" : await watch(doing, known);
  if (sight === "done") return succeeded(message, known, hold);
  const what = sight === "lost" ? "it did not last" : "it did not show in time";
  return failed("not-verified", `${message}, but ${what}`, hold);
}

/**
 * Looks until it is done, lost, or its deadline has passed. At least once.
 * @throws executor-stopped: it may still come about, so nothing is said of it
 */
async function watch(doing: Word, { operation }: Known): Promise<"done" | "lost" | "pending"> {
  for (let pause = PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      const sight = await operation.verify({ ...doing, target: await doing.hands.read(doing.granted.target) });
      if (sight !== "pending") return sight;
    } catch (e) {
      if (!isFault(e)) throw e; // what cannot be seen now may be seen later
    }
    const left = doing.deadline - doing.clock.now();
    if (left <= 0) return "pending";
    if (doing.signal.aborted) throw stopped(operation.name, doing);
    await doing.sleep(Math.min(pause, left));
  }
}

/** Where in doubt there is one: `undo` looks for the mark itself. */
function holdOf({ granted, params }: Word, { operation }: Known): Hold | undefined {
  if (operation.undo === undefined) return undefined;
  return { operation: operation.name, fence: granted.fence, ...(Object.keys(params).length > 0 && { params }) };
}

const succeeded = (message: string, { operation }: Known, hold: Hold | undefined): Result => ({
  message,
  ...(hold && { hold }),
  ...(operation.releases && { releases: operation.releases }),
});

const failed = (failure: Failure, message: string, hold?: Hold): Result => ({
  failure,
  message,
  ...(hold && { hold }),
});

const refused = (e: RoundsmanError, hold: Hold | undefined): Result =>
  failed(e.code === "kube-not-found" ? "target-gone" : "refused", sayError(e), hold);
