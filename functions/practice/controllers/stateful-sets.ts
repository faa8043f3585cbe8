import type { Obj } from "../client.ts";
import type { ControllerContext } from "./context.ts";
import type { Recorder } from "./events.ts";
import { controlledBy, isReady, keyOfObject, named, onPodsOf, ownedBy, type Pod, templateHash } from "./pods.ts";

type StatefulSet = Obj<"apps/v1/StatefulSet">;

const KIND = "apps/v1/StatefulSet";
const REVISION = "controller-revision-hash";

const ordinal = ({ metadata }: Pod): number => Number(metadata.name.slice(metadata.name.lastIndexOf("-") + 1));

/** Keeps pods with a number and a volume of their own: made one after the other, replaced from the last one on. */
export function runStatefulSets(context: ControllerContext, record: Recorder): void {
  const { client, on, work } = context;

  const make = (set: StatefulSet, index: number, revision: string) => {
    const { name, namespace = "" } = set.metadata;
    const podName = `${name}-${index}`;
    const volumes = (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => {
      const claimName = `${metadata?.name}-${podName}`;
      if (spec && !client.get("v1/PersistentVolumeClaim", { name: claimName, namespace })) {
        client.create("v1/PersistentVolumeClaim", {
          metadata: { name: claimName, namespace, labels: { ...set.spec.selector.matchLabels } },
          spec: spec,
        });
      }
      return { name: metadata?.name ?? "", persistentVolumeClaim: { claimName } };
    });
    const { template } = set.spec;
    if (!template.spec) return;
    const { spec } = template;
    client.create("v1/Pod", {
      metadata: {
        name: podName,
        namespace,
        labels: {
          ...template.metadata?.labels,
          "apps.kubernetes.io/pod-index": String(index),
          [REVISION]: revision,
          "statefulset.kubernetes.io/pod-name": podName,
        },
        annotations: { ...template.metadata?.annotations },
        ownerReferences: [controlledBy(set)],
      },
      spec: {
        ...spec,
        hostname: podName,
        subdomain: set.spec.serviceName ?? "",
        volumes: [...(spec.volumes ?? []), ...volumes],
      },
    });
    record({
      about: set,
      type: "Normal",
      reason: "SuccessfulCreate",
      message: `create Pod ${podName} in StatefulSet ${name} successful`,
      component: "statefulset-controller",
    });
  };

  const settle = (set: StatefulSet, pods: readonly Pod[], revision: string) => {
    const replicas = set.spec.replicas ?? 1;
    const surplus = pods.filter((pod) => ordinal(pod) >= replicas).sort((a, b) => ordinal(b) - ordinal(a));
    if (surplus[0]) return client.remove("v1/Pod", surplus[0].metadata);
    for (let index = 0; index < replicas; index++) {
      const pod = pods.find((one) => ordinal(one) === index);
      if (!pod) return make(set, index, revision);
      // The next one waits for this one.
      if (pod.metadata.deletionTimestamp !== undefined || !isReady(pod)) {
        const old = pod.metadata.labels?.[REVISION] !== revision && pod.metadata.deletionTimestamp === undefined;
        if (old) client.remove("v1/Pod", pod.metadata);
        return;
      }
    }
    const outdated = pods
      .filter(({ metadata }) => metadata.labels?.[REVISION] !== revision)
      .sort((a, b) => ordinal(b) - ordinal(a));
    if (outdated[0]) client.remove("v1/Pod", outdated[0].metadata);
  };

  const queue = work((key) => {
    const set = client.get(KIND, named(key));
    if (!set || set.metadata.deletionTimestamp !== undefined) return;
    const revision = `${set.metadata.name}-${templateHash(set.spec.template)}`;
    const own = () => ownedBy(client.list("v1/Pod", named(key).namespace), set);
    settle(set, own(), revision);
    const pods = own();
    const ready = pods.filter(isReady).length;
    const updated = pods.filter(({ metadata }) => metadata.labels?.[REVISION] === revision).length;
    client.edit(KIND, set.metadata, (draft) => {
      const done = updated === (draft.spec.replicas ?? 1) && ready === updated;
      const currentRevision = done ? revision : (draft.status?.currentRevision ?? revision);
      draft.status = {
        observedGeneration: draft.metadata.generation ?? 1,
        replicas: pods.length,
        ...(ready > 0 && { readyReplicas: ready }),
        availableReplicas: ready,
        currentReplicas: currentRevision === revision ? updated : pods.length - updated,
        ...(updated > 0 && { updatedReplicas: updated }),
        currentRevision,
        updateRevision: revision,
        collisionCount: 0,
      };
    });
  });

  on(["statefulsets.apps"], ({ type, object }) => {
    if (type !== "DELETED") queue.enqueue(keyOfObject(object));
  });
  onPodsOf(context, "StatefulSet", (key) => queue.enqueue(key));
}
