import type { Obj } from "../client.ts";
import type { ControllerContext } from "./context.ts";
import { deploymentStatus } from "./deployment-status.ts";
import type { Recorder } from "./events.ts";
import { controlledBy, keyOfObject, named, ownedBy, templateHash } from "./pods.ts";
import { rollingStep, share } from "./rolling-update.ts";

type Deployment = Obj<"apps/v1/Deployment">;
type ReplicaSet = Obj<"apps/v1/ReplicaSet">;

const KIND = "apps/v1/Deployment";
const SET = "apps/v1/ReplicaSet";
const HASH = "pod-template-hash";
const REVISION = "deployment.kubernetes.io/revision";

const revisionOf = ({ metadata }: ReplicaSet | Deployment): number => Number(metadata.annotations?.[REVISION] ?? 0);

/** Rolls a Deployment's template out over ReplicaSets, as many pods at a time as it allows. */
export function runDeployments({ client, clock, on, work }: ControllerContext, record: Recorder): void {
  const say = (deployment: Deployment, reason: string, message: string) =>
    record({ about: deployment, type: "Normal", reason, message, component: "deployment-controller" });

  const scale = (deployment: Deployment, set: ReplicaSet, replicas: number) => {
    if (set.spec.replicas === replicas) return;
    const direction = replicas > (set.spec.replicas ?? 0) ? "up" : "down";
    say(
      deployment,
      "ScalingReplicaSet",
      `Scaled ${direction} replica set ${set.metadata.name} from ${set.spec.replicas ?? 0} to ${replicas}`,
    );
    client.edit(SET, set.metadata, (draft) => {
      draft.spec = { ...draft.spec, replicas };
    });
  };

  /** The ReplicaSet of the template as it stands; a paused Deployment gets no new one. */
  const freshSet = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined => {
    const { name, namespace = "" } = deployment.metadata;
    const template = deployment.spec.template;
    const hash = templateHash(template);
    const known = sets.find(({ metadata }) => metadata.labels?.[HASH] === hash);
    const latest = Math.max(0, ...sets.map(revisionOf));
    if (deployment.spec.paused) return known;
    const revision = known && revisionOf(known) === latest ? latest : latest + 1;
    if (known) {
      client.edit(SET, known.metadata, (draft) => {
        draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: String(revision) };
      });
    } else {
      const labels = { ...template.metadata?.labels, [HASH]: hash };
      client.create(SET, {
        metadata: {
          name: `${name}-${hash}`,
          namespace,
          labels,
          annotations: { [REVISION]: String(revision) },
          ownerReferences: [controlledBy(deployment)],
        },
        spec: {
          replicas: 0,
          selector: { matchLabels: { ...deployment.spec.selector.matchLabels, [HASH]: hash } },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
      });
    }
    client.edit(KIND, deployment.metadata, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: String(revision) };
    });
    return client.get(SET, { name: `${name}-${hash}`, namespace });
  };

  const roll = (
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    fresh: ReplicaSet | undefined,
    maxUnavailable: number,
  ) => {
    const replicas = deployment.spec.replicas ?? 1;
    const old = sets.filter(({ metadata }) => metadata.uid !== fresh?.metadata.uid);
    if (!fresh || deployment.spec.paused) {
      const newest = [...sets].sort((a, b) => revisionOf(b) - revisionOf(a)).find((set) => set.spec.replicas) ?? fresh;
      const others = sets.filter((set) => set !== newest).reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
      if (newest) scale(deployment, newest, Math.max(0, replicas - others));
      return;
    }
    const rolling = deployment.spec.strategy?.rollingUpdate;
    const maxSurge = share(rolling?.maxSurge, replicas, Math.ceil);
    const of = (set: ReplicaSet) => ({ wanted: set.spec.replicas ?? 0, available: set.status?.availableReplicas ?? 0 });
    const step = rollingStep({ replicas, maxSurge, maxUnavailable }, of(fresh), old.map(of));
    scale(deployment, fresh, step.fresh);
    for (const [i, set] of old.entries()) scale(deployment, set, step.old[i] as number);
  };

  const forget = (deployment: Deployment, sets: readonly ReplicaSet[]) => {
    const empty = sets.filter(
      (set) => !set.spec.replicas && !set.status?.replicas && revisionOf(set) < revisionOf(deployment),
    );
    const surplus = empty.length - (deployment.spec.revisionHistoryLimit ?? 10);
    for (const set of empty.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, surplus)))
      client.remove(SET, set.metadata);
  };

  const queue = work((key) => {
    const deployment = client.get(KIND, named(key));
    if (!deployment || deployment.metadata.deletionTimestamp !== undefined || !deployment.spec.template?.spec) return;
    const own = () => ownedBy(client.list(SET, named(key).namespace), deployment);
    const replicas = deployment.spec.replicas ?? 1;
    const maxUnavailable = share(deployment.spec.strategy?.rollingUpdate?.maxUnavailable, replicas, Math.floor);
    const fresh = freshSet(deployment, own());
    roll(deployment, own(), fresh, maxUnavailable);
    const sets = own();
    const now = sets.find(({ metadata }) => metadata.uid === fresh?.metadata.uid);
    client.edit(KIND, deployment.metadata, (draft) => {
      draft.status = deploymentStatus(draft, sets, now, maxUnavailable, clock.now());
    });
    const after = client.get(KIND, named(key));
    if (!after) return;
    forget(after, sets);
    const progressing = after.status?.conditions?.find(({ type }) => type === "Progressing");
    if (progressing?.reason !== "ReplicaSetUpdated") return;
    // Time alone changes what it says of its progress.
    const deadline = Date.parse(progressing.lastUpdateTime ?? "") + (after.spec.progressDeadlineSeconds ?? 600) * 1000;
    queue.enqueue(key, Math.max(1_000, deadline + 1_000 - clock.now()));
  });

  on(["deployments.apps"], ({ type, object }) => {
    if (type !== "DELETED") queue.enqueue(keyOfObject(object));
  });
  on(["replicasets.apps"], ({ object }) => {
    const owner = object.metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === "Deployment");
    if (owner) queue.enqueue(`${object.metadata.namespace}/${owner.name}`);
  });
}
