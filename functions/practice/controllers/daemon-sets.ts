import type { ControllerContext } from "./context.ts";
import { controlledBy, isReady, keyOfObject, named, onPodsOf, ownedBy, templateHash } from "./pods.ts";

const KIND = "apps/v1/DaemonSet";
const REVISION = "controller-revision-hash";

/** Keeps one pod on each node; a new template reaches one node after the other. */
export function runDaemonSets(context: ControllerContext): void {
  const { client, on, work } = context;

  const queue = work((key) => {
    const set = client.get(KIND, named(key));
    if (!set || set.metadata.deletionTimestamp !== undefined || !set.spec.template?.spec) return;
    const { namespace, name } = named(key);
    const { template } = set.spec;
    const revision = templateHash(template);
    const nodes = client.list("v1/Node").map(({ metadata }) => metadata.name);
    const own = () => ownedBy(client.list("v1/Pod", namespace), set);
    const before = own();
    for (const nodeName of nodes.filter((node) => !before.some(({ spec }) => spec.nodeName === node))) {
      client.create("v1/Pod", {
        metadata: {
          generateName: `${name}-`,
          namespace,
          labels: { ...template.metadata?.labels, [REVISION]: revision },
          ownerReferences: [controlledBy(set)],
        },
        spec: {
          ...(template.spec as NonNullable<typeof template.spec>),
          nodeName,
          tolerations: [{ operator: "Exists" }],
        },
      });
    }
    for (const { metadata } of before.filter(({ spec }) => !nodes.includes(spec.nodeName ?? "")))
      client.remove("v1/Pod", metadata);
    const pods = own();
    const outdated = pods.find(({ metadata }) => metadata.labels?.[REVISION] !== revision);
    if (outdated && pods.length === nodes.length && pods.every(isReady)) client.remove("v1/Pod", outdated.metadata);
    const ready = pods.filter(isReady).length;
    client.edit(KIND, set.metadata, (draft) => {
      draft.status = {
        currentNumberScheduled: pods.length,
        numberMisscheduled: 0,
        desiredNumberScheduled: nodes.length,
        numberReady: ready,
        observedGeneration: draft.metadata.generation ?? 1,
        updatedNumberScheduled: pods.filter(({ metadata }) => metadata.labels?.[REVISION] === revision).length,
        ...(ready > 0 && { numberAvailable: ready }),
        ...(ready < nodes.length && { numberUnavailable: nodes.length - ready }),
      };
    });
  });

  on(["daemonsets.apps"], ({ type, object }) => {
    if (type !== "DELETED") queue.enqueue(keyOfObject(object));
  });
  on(["nodes"], ({ type }) => {
    if (type === "MODIFIED") return;
    for (const set of client.list(KIND)) queue.enqueue(keyOfObject(set));
  });
  onPodsOf(context, "DaemonSet", (key) => queue.enqueue(key));
}
