/** For tests: the practice server as an arena. */
import { remove } from "#functions/practice/store/remove.ts";
import { jobName } from "#sdk/operation/job.ts";
import type { Target } from "#sdk/operation/request.ts";
import { type Arena, count } from "./at-most-once.test-kit.ts";
import { LIMITS } from "./state.ts";
import { node, type World, world } from "./world.test-kit.ts";

export async function practiceArena(): Promise<{ readonly arena: Arena; readonly world: World }> {
  const at = await world([count], 100);
  const { admin, store, timeline } = at;
  const make = async (name: string): Promise<Target> => {
    const { metadata } = node(admin, name);
    return { apiVersion: "v1", kind: "Node", name, uid: metadata.uid! };
  };
  const arena: Arena = {
    edge: (executor, post) => at.edge(executor, { limits: { ...LIMITS, attempts: 100 } }, post),
    make,
    async recreate({ name }) {
      admin.remove("v1/Node", { name });
      return make(name);
    },
    async clear(target) {
      admin.remove("v1/Node", { name: target.name });
      const jobs = store.catalog.ofKind("roundsman.dev/v1alpha1", "RemedyOperationJob")!;
      for (const { metadata } of store.objects.list(jobs.id))
        if (metadata.name === jobName(target)) remove(store, jobs, undefined, metadata.name);
    },
    annotations: async ({ name }) => admin.get("v1/Node", { name })?.metadata.annotations ?? {},
    now: () => timeline.now(),
    holds: 5_000,
    epsilon: LIMITS.epsilon,
    pass: async (until) => timeline.advance(Math.max(0, until - timeline.now()) + 1),
  };
  return { arena, world: at };
}
