/**
 * For tests: the same grant to five executors whose processes end at any await and are started again, on any API server.
 * What is done is counted where it is done: by whoever the operation calls, who drops no doubles.
 */
import Type from "typebox";
import { type Random, seededRandom } from "#functions/practice/random.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import { jobName } from "#sdk/operation/job.ts";
import type { Target } from "#sdk/operation/request.ts";
import type { Edge } from "./edge.ts";
import { operation } from "./operation.ts";
import { annotationOf } from "./operations/marks.ts";
import { runGrant } from "./run.ts";
import { sweep } from "./sweep.ts";
import { Crash, type CrashPoint, crashing } from "./world.test-kit.ts";

const MARK = "test.example/fence";

/** Where it happens. */
export interface Arena {
  /** A process; `post` counts. */
  edge(executor: string, post: Edge["hands"]["post"]): Edge;
  /** Makes a node, and answers it as a target. */
  make(name: string): Promise<Target>;
  /** Deletes it and makes another of its name. */
  recreate(target: Target): Promise<Target>;
  /** Deletes it, and its job. */
  clear(target: Target): Promise<void>;
  annotations(target: Target): Promise<Readonly<Record<string, string>>>;
  now(): number;
  /** ms that a grant holds; by how much clocks may differ. */
  readonly holds: number;
  readonly epsilon: number;
  /** Until it is past this moment. */
  pass(until: number): Promise<void>;
}

/** Nothing in it keeps it from being done twice: no version of its own, no look whether it was done. */
export const count = operation({
  name: "count",
  does: "marks the node, and calls somebody who counts",
  params: Type.Object({}),
  targets: ["v1/Node"],
  destructive: false,
  dangerous: false,
  rights: [],
  within: () => WITHIN,
  async act({ hands, target, granted }) {
    await hands.merge(target, { metadata: { annotations: { [MARK]: String(granted.fence) } } });
    await hands.post("counter", { id: granted.id } as never);
    return { message: "counted" };
  },
  verify: async ({ target, granted }) =>
    target !== undefined && annotationOf(target, MARK) === String(granted.fence) ? "done" : "pending",
});
export const WITHIN = 400;

export interface Tally {
  grants: number;
  /** Processes that ended in the middle. */
  crashes: number;
  executed: number;
  stale: number;
  recreated: number;
  readonly outcomes: Record<string, number>;
  /** What must never be. */
  readonly violations: string[];
}

export interface ExecutionOptions {
  readonly arena: Arena;
  readonly grants: number;
  readonly seed: number;
  /** Chains of grants side by side. */
  readonly parallel: number;
  readonly executors?: number;
}

/** Awaits of a process that carries a grant through alone: a crash at any of them, and a few beyond. */
const AWAITS = 14;
const CHAIN = 4;

export async function runExecutions({
  arena,
  grants,
  seed,
  parallel,
  executors = 5,
}: ExecutionOptions): Promise<Tally> {
  const random = seededRandom(seed);
  const tally: Tally = { grants: 0, crashes: 0, executed: 0, stale: 0, recreated: 0, outcomes: {}, violations: [] };
  let chains = 0;
  let lives = 0;
  const work = async () => {
    while (tally.grants < grants) {
      const name = `n-${seed}-${++chains}`;
      let target = await arena.make(name);
      for (let link = 1; link <= CHAIN && tally.grants < grants; link++) {
        tally.grants += 1;
        target = await oneGrant(
          { arena, random, tally, executors, life: () => ++lives },
          target,
          `${name}-${link}`,
          link * 10,
        );
      }
      await arena.clear(target);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return tally;
}

interface Run {
  readonly arena: Arena;
  readonly random: Random;
  readonly tally: Tally;
  readonly executors: number;
  readonly life: () => number;
}

const chance = (random: Random, share: number): boolean => random() < share;

async function oneGrant(run: Run, target: Target, id: string, fence: number): Promise<Target> {
  const { arena, random, tally, executors, life } = run;
  const counted = new Map<string, number>();
  const post: Edge["hands"]["post"] = async (_, event) => {
    counted.set(event.id, (counted.get(event.id) ?? 0) + 1);
    return 200;
  };
  const notAfter = arena.now() + arena.holds;
  const granted: Granted = { id, cluster: "test", operation: "count", target, grant: { fence, notAfter } };
  const crashes = chance(random, 0.7);
  const recreates = chance(random, 0.1);
  let current = target;
  const process = async (wish: Granted, point?: CrashPoint): Promise<boolean> => {
    const { edge } = crashing(arena.edge(`e-${life()}`, post), point);
    try {
      await runGrant(edge, wish);
      return true;
    } catch (e) {
      if (!(e instanceof Crash)) throw e;
      tally.crashes += 1;
      return false;
    }
  };
  if (recreates) {
    tally.recreated += 1;
    current = await arena.recreate(target);
  }
  const points = Array.from({ length: executors }, (): CrashPoint | undefined =>
    crashes && chance(random, 0.6)
      ? { at: 1 + Math.floor(random() * AWAITS), when: chance(random, 0.5) ? "before" : "after" }
      : undefined,
  );
  const ended = await Promise.all(points.map((point) => process(granted, point)));
  // Started again, they are brought the same grant.
  await Promise.all(ended.filter((whole) => !whole).map(() => process(granted)));
  const stale: Granted = { ...granted, id: `${id}-stale`, grant: { fence: fence - 1, notAfter: notAfter + 5_000 } };
  if (!recreates && chance(random, 0.2)) {
    tally.stale += 1;
    await process(stale);
  }
  await arena.pass(Math.max(arena.now() + WITHIN, notAfter + arena.epsilon));
  await sweep(arena.edge(`e-${life()}`, post), (_, free) => free());

  const times = counted.get(id) ?? 0;
  tally.executed += times;
  const say = (what: string) => tally.violations.push(`${id}: ${what}`);
  if (times > 1) say(`done ${times} times`);
  if (counted.has(stale.id)) say("a stale fence was obeyed");
  if (recreates && times > 0) say("done for a target that was another");
  if (recreates && (await arena.annotations(current))[MARK] !== undefined) say("another of that name was touched");
  const job = await arena.edge("reader", post).jobs.get(jobName(target));
  const phase = job?.spec.id === id && job.status?.fence === fence ? job.status.phase : "never";
  const outcome = phase === "Failed" ? `Failed ${job!.status!.failure}` : phase;
  tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
  if (phase === "Acting") say("left in the middle for ever");
  if (!crashes && !recreates && (times !== 1 || phase !== "Succeeded"))
    say(`nothing went wrong, and yet: ${outcome}, done ${times} times`);
  if (times === 1 && job?.status?.begun !== true) say("done, and the job does not say that it was begun");
  return current;
}
