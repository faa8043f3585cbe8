import { quantity } from "#sdk";
import type { Client, Obj } from "../client.ts";
import { controllerOf, isOver } from "../controllers/pods.ts";
import type { KubeObject } from "../store/object.ts";
import { selects } from "../store/selectors.ts";
import type { Store } from "../store/store.ts";

/**
 * What is wrong with a cluster, said in the plainest way: by walking over everything. It shares no code with the
 * inspections and none with the faults, and is what both sides of a fault's test are held against.
 */
export interface Wrong {
  readonly case: string;
  /** `Pod data/postgres-1`, `Node general-a-1` */
  readonly subject: string;
}

interface View {
  readonly store: Store;
  readonly client: Client;
  readonly now: number;
  /** ms that something must be over before it counts, where a case looks at time. */
  readonly after: number;
}

type Look = (view: View) => readonly string[];

const subject = ({ kind, metadata }: { kind: string; metadata: { namespace?: string; name: string } }): string =>
  `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;

const subjects = (objects: readonly { kind: string; metadata: { namespace?: string; name: string } }[]) =>
  objects.map(subject);

const conditionOf = (object: unknown, type: string): string | undefined =>
  (object as KubeObject).status?.conditions?.find((one: { type: string }) => one.type === type)?.status;

const over = (view: View, since: unknown): boolean =>
  typeof since === "string" && view.now - Date.parse(since) >= view.after;

const statuses = ({ status }: Obj<"v1/Pod">) => status?.containerStatuses ?? [];

const waiting = (view: View, reasons: readonly string[]) =>
  subjects(
    view.client
      .list("v1/Pod")
      .filter((pod) => statuses(pod).some(({ state }) => reasons.includes(state?.waiting?.reason ?? ""))),
  );

const hasBackend = ({ client }: View, namespace: string | undefined, service: string): boolean =>
  client
    .list("discovery.k8s.io/v1/EndpointSlice", namespace)
    .some(
      ({ metadata, endpoints }) =>
        metadata.labels?.["kubernetes.io/service-name"] === service &&
        (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false),
    );

const duplicateAddress: Look = ({ client }) => {
  const byAddress = new Map<string, string[]>();
  for (const pod of client.list("v1/Pod")) {
    if (pod.status?.phase !== "Running" || pod.spec.hostNetwork) continue;
    for (const { ip } of pod.status.podIPs ?? []) byAddress.set(ip, [...(byAddress.get(ip) ?? []), subject(pod)]);
  }
  return [...byAddress.values()].filter((holders) => holders.length > 1).map(([first]) => first as string);
};

const twoOwners: Look = ({ client }) => {
  const sets = new Map(client.list("apps/v1/ReplicaSet").map((set) => [set.metadata.uid, controllerOf(set)?.name]));
  const owner = (pod: Obj<"v1/Pod">) => {
    const direct = controllerOf(pod);
    return direct ? (sets.get(direct.uid) ?? direct.name) : pod.metadata.name;
  };
  const mixed = ({ metadata, spec }: Obj<"v1/Service">) =>
    new Set(
      client
        .list("v1/Pod", metadata.namespace)
        .filter((pod) => selects(spec.selector, pod))
        .map(owner),
    ).size > 1;
  return subjects(client.list("v1/Service").filter(mixed));
};

const terminating: Look = (view) =>
  view.store.catalog
    .all()
    .filter(
      ({ id, verbs }) => verbs.includes("watch") && !["secrets", "events", "leases.coordination.k8s.io"].includes(id),
    )
    .flatMap(({ id }) => view.store.objects.list(id))
    .filter(({ metadata }) => over(view, metadata.deletionTimestamp))
    .map(subject);

const orphans: Look = ({ client }) => {
  const kinds = ["apps/v1/ReplicaSet", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job"];
  const alive = new Set(kinds.flatMap((kind) => client.list(kind).map(({ metadata }) => metadata.uid)));
  const names = kinds.map((kind) => kind.split("/").at(-1));
  return subjects(
    client.list("v1/Pod").filter((pod) => {
      const owner = controllerOf(pod);
      return owner !== undefined && names.includes(owner.kind) && !alive.has(owner.uid);
    }),
  );
};

const massRestarts: Look = (view) =>
  subjects(
    view.client.list("apps/v1/ReplicaSet").filter((set) => {
      const pods = view.client.list("v1/Pod").filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
      const restarted = pods.filter((pod) =>
        statuses(pod).some(
          ({ lastState }) => lastState?.terminated && !over({ ...view, after: 8_000 }, lastState.terminated.finishedAt),
        ),
      );
      return restarted.length > pods.length * 0.2;
    }),
  );

const stuckRollouts: Look = (view) => [
  ...subjects(view.client.list("apps/v1/Deployment").filter((one) => conditionOf(one, "Progressing") === "False")),
  ...subjects(
    view.client
      .list("apps/v1/StatefulSet")
      .filter(
        ({ spec, status }) =>
          status &&
          status.updateRevision !== status.currentRevision &&
          (status.updatedReplicas ?? 0) < (spec.replicas ?? 1),
      ),
  ),
  ...subjects(
    view.client
      .list("apps/v1/DaemonSet")
      .filter(({ status }) => status && (status.updatedNumberScheduled ?? 0) < status.desiredNumberScheduled),
  ),
];

const danglingVolumes: Look = ({ client }) =>
  subjects(
    client.list("v1/PersistentVolume").filter(({ spec: { claimRef } }) => {
      if (!claimRef) return false;
      return (
        client.get("v1/PersistentVolumeClaim", { name: claimRef.name ?? "", namespace: claimRef.namespace })?.metadata
          .uid !== claimRef.uid
      );
    }),
  );

const hooks: Look = (view) =>
  ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"].flatMap((kind) =>
    view.client
      .list(
        `admissionregistration.k8s.io/v1/${kind}` as "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
      )
      .filter(({ webhooks }) =>
        webhooks?.some(
          ({ clientConfig: { service } }) => service && !hasBackend(view, service.namespace, service.name),
        ),
      )
      .map(subject),
  );

const oddVersions: Look = ({ client }) => {
  const nodes = client.list("v1/Node");
  const poolOf = ({ metadata }: Obj<"v1/Node">) => metadata.labels?.["node.kubernetes.io/pool"];
  return subjects(
    nodes.filter((node) => {
      const pool = nodes.filter((one) => poolOf(one) === poolOf(node));
      const same = pool.filter(
        ({ status }) => status?.nodeInfo?.kubeletVersion === node.status?.nodeInfo?.kubeletVersion,
      );
      return same.length * 2 < pool.length;
    }),
  );
};

const hung: Look = (view) => {
  const spoken = view.client
    .list("v1/Event")
    .filter(({ reason, lastTimestamp }) => reason === "TaskHung" && !over({ ...view, after: 6_000 }, lastTimestamp));
  const named = new Set(spoken.map(({ involvedObject }) => involvedObject.name));
  return subjects(
    view.client
      .list("v1/Node")
      .filter((node) => conditionOf(node, "KernelDeadlock") === "True" || named.has(node.metadata.name)),
  );
};

const overcommitted: Look = ({ client }) =>
  subjects(
    client.list("v1/Node").filter((node) =>
      ["cpu", "memory"].some((name) => {
        const asked = client
          .list("v1/Pod")
          .filter((pod) => pod.spec.nodeName === node.metadata.name && !isOver(pod))
          .flatMap(({ spec }) => spec.containers)
          .reduce((sum, { resources }) => sum + quantity(resources?.requests?.[name]), 0);
        return asked > quantity(node.status?.allocatable?.[name]);
      }),
    ),
  );

const LOOKS: Readonly<Record<string, Look>> = {
  "network/duplicate-pod-ip": duplicateAddress,
  "network/service-without-endpoints": (view) =>
    subjects(
      view.client
        .list("v1/Service")
        .filter(
          ({ metadata, spec }) =>
            spec.selector && spec.type !== "ExternalName" && !hasBackend(view, metadata.namespace, metadata.name),
        ),
    ),
  "network/service-selects-two-owners": twoOwners,
  "workload/stuck-terminating": terminating,
  "workload/orphaned-pod": orphans,
  "workload/crash-loop": (view) =>
    subjects(
      view.client
        .list("v1/Pod")
        .filter((pod) =>
          statuses(pod).some(
            ({ state, restartCount }) => state?.waiting?.reason === "CrashLoopBackOff" && restartCount >= 2,
          ),
        ),
    ),
  "workload/mass-restarts": massRestarts,
  "workload/pending-too-long": (view) =>
    subjects(
      view.client
        .list("v1/Pod")
        .filter(({ metadata, status }) => status?.phase === "Pending" && over(view, metadata.creationTimestamp)),
    ),
  "workload/image-pull-failing": (view) => waiting(view, ["ErrImagePull", "ImagePullBackOff"]),
  "workload/rollout-stuck": stuckRollouts,
  "storage/dangling-volume": danglingVolumes,
  "control-plane/dangling-crd": ({ client }) =>
    subjects(
      client
        .list("apiextensions.k8s.io/v1/CustomResourceDefinition")
        .filter((one) => one.metadata.deletionTimestamp !== undefined || conditionOf(one, "Established") !== "True"),
    ),
  "control-plane/webhook-without-backend": hooks,
  "control-plane/unserved-apiservice": ({ client }) =>
    subjects(
      client.list("apiregistration.k8s.io/v1/APIService").filter((one) => conditionOf(one, "Available") !== "True"),
    ),
  "node/not-ready": ({ client }) =>
    subjects(client.list("v1/Node").filter((node) => conditionOf(node, "Ready") !== "True")),
  "node/task-hung": hung,
  "node/pressure": ({ client }) =>
    subjects(
      client
        .list("v1/Node")
        .filter((node) =>
          ["MemoryPressure", "DiskPressure", "PIDPressure"].some((type) => conditionOf(node, type) === "True"),
        ),
    ),
  "node/version-skew": oddVersions,
  "node/lease-stale": (view) =>
    view.client
      .list("coordination.k8s.io/v1/Lease", "kube-node-lease")
      .filter(({ spec }) => over({ ...view, after: 6_000 }, spec?.renewTime))
      .map(({ metadata }) => `Node ${metadata.name}`),
  "node/requests-exceed-allocatable": overcommitted,
};

/** Everything that is wrong just now. `after` = ms that a termination or a wait must have lasted; default 4,000. */
export function whatIsWrong(store: Store, client: Client, after = 4_000): readonly Wrong[] {
  const view: View = { store, client, now: store.clock.now(), after };
  return Object.entries(LOOKS).flatMap(([name, look]) => look(view).map((found) => ({ case: name, subject: found })));
}

export const CASES = Object.keys(LOOKS);
