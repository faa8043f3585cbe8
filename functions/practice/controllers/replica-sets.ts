import type { ControllerContext } from "./context.ts";
import type { Recorder } from "./events.ts";
import { controlledBy, isActive, isReady, keyOfObject, leastMissed, named, onPodsOf, ownedBy } from "./pods.ts";

const KIND = "apps/v1/ReplicaSet";

/** Keeps as many pods as a ReplicaSet wants. */
export function runReplicaSets(context: ControllerContext, record: Recorder): void {
  const { client, on, work } = context;

  const queue = work((key) => {
    const set = client.get(KIND, named(key));
    if (!set) return;
    const { namespace, name } = named(key);
    const active = ownedBy(client.list("v1/Pod", namespace), set).filter(isActive);
    const wanted = set.metadata.deletionTimestamp === undefined ? (set.spec.replicas ?? 1) : active.length;
    const { template } = set.spec;
    for (let missing = wanted - active.length; missing > 0 && template?.spec; missing--) {
      const { metadata } = client.create("v1/Pod", {
        metadata: {
          generateName: `${name}-`,
          namespace,
          labels: { ...template.metadata?.labels },
          annotations: { ...template.metadata?.annotations },
          ownerReferences: [controlledBy(set)],
        },
        spec: template.spec,
      });
      record({
        about: set,
        type: "Normal",
        reason: "SuccessfulCreate",
        message: `Created pod: ${metadata.name}`,
        component: "replicaset-controller",
      });
    }
    for (const { metadata } of active.sort(leastMissed).slice(0, Math.max(0, active.length - wanted))) {
      client.remove("v1/Pod", metadata);
      record({
        about: set,
        type: "Normal",
        reason: "SuccessfulDelete",
        message: `Deleted pod: ${metadata.name}`,
        component: "replicaset-controller",
      });
    }
    const now = ownedBy(client.list("v1/Pod", namespace), set).filter(isActive);
    const ready = now.filter(isReady).length;
    client.edit(KIND, set.metadata, (draft) => {
      draft.status = {
        replicas: now.length,
        ...(now.length > 0 && { fullyLabeledReplicas: now.length }),
        ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
        observedGeneration: draft.metadata.generation ?? 1,
      };
    });
  });

  on(["replicasets.apps"], ({ type, object }) => {
    if (type !== "DELETED") queue.enqueue(keyOfObject(object));
  });
  onPodsOf(context, "ReplicaSet", (key) => queue.enqueue(key));
}
