import {
  ago,
  conditionOf,
  container,
  event,
  object,
  pod,
  replicaSet,
  service,
  slice,
  workload,
} from "./objects.test-kit.ts";

type Json = any;
const DAY = 86_400;

/** A Deployment with the ReplicaSet of now, one of before, and its pods. */
export function deployment(name: string, replicas: number, made: Json = {}, podMade: Json = {}): Json[] {
  const { labels = { app: name }, namespace = "shop", spec, status } = made;
  const template = { metadata: { labels }, spec: {} };
  const progress = conditionOf("Progressing", "True", DAY, { reason: "NewReplicaSetAvailable" });
  const top = workload("apps/v1/Deployment", name, {
    namespace,
    spec: { replicas, template, ...spec },
    status: { conditions: [progress], observedGeneration: 1, replicas, ...status },
  });
  const set = (hash: string, count: number) =>
    replicaSet(`${name}-${hash}`, { namespace, owners: [top], spec: { replicas: count, template } });
  const now = set("6d4b75cb6d", replicas);
  const pods = Array.from({ length: replicas }, (_, i) =>
    pod(`${name}-6d4b75cb6d-${i}`, {
      namespace,
      owners: [now],
      labels: { ...labels, "pod-template-hash": "6d4b75cb6d" },
      ...podMade,
    }),
  );
  return [top, now, set("58c989fd5f", 0), ...pods];
}

function serving(): Json[] {
  const full = {
    containers: [{ name: "app", resources: { requests: { cpu: "1300m", memory: "1Gi" } } }],
    initContainers: [{ name: "mesh", restartPolicy: "Always", resources: { requests: { cpu: "30m" } } }],
  };
  const fits = workload("apps/v1/DaemonSet", "gpu", {
    status: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
  });
  const version = (name: string) => deployment(`reviews-${name}`, 1, { labels: { app: "reviews", version: name } });
  return [
    ...deployment("web", 3, {}, { spec: full }),
    service("web"),
    slice("web", ["ready", "ready", "unready"]),
    service("web-lb", { spec: { selector: { app: "web" }, type: "LoadBalancer" } }),
    slice("web-lb", ["ending", "ready"]),
    ...deployment("idle", 0),
    service("idle"),
    slice("idle", []),
    fits,
    service("gpu"),
    slice("gpu", []),
    ...version("v1"),
    ...version("v2"),
    service("reviews"),
    slice("reviews", ["ready", "ready"]),
    service("members", { spec: { clusterIP: "None", selector: { tier: "shop" } } }),
    slice("members", ["ready"]),
    service("outside", { spec: { externalName: "example.com", selector: undefined, type: "ExternalName" } }),
    service("manual", { spec: { selector: undefined } }),
    slice("manual", []),
    // Its endpoints count as ready before they are.
    service("early", { spec: { clusterIP: "None", publishNotReadyAddresses: true } }),
    slice("early", ["ready"]),
    pod("early-0", { labels: { app: "early" }, status: { conditions: [conditionOf("Ready", "False", 20)] } }),
    pod("on-virtual", { spec: { nodeName: "virtual-1" } }),
    ...deployment("paused", 2, { spec: { paused: true } }),
    ...deployment("rolling", 2, {
      status: {
        conditions: [conditionOf("Progressing", "True", 60, { reason: "ReplicaSetUpdated" })],
        updatedReplicas: 1,
      },
    }),
  ];
}

function stateful(): Json[] {
  const set = (name: string, partition: number, status: Json) =>
    workload("apps/v1/StatefulSet", name, {
      spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition }, type: "RollingUpdate" } },
      status: {
        availableReplicas: 2,
        collisionCount: 0,
        currentRevision: `${name}-1`,
        readyReplicas: 2,
        replicas: 2,
        updateRevision: `${name}-1`,
        updatedReplicas: 2,
        ...status,
      },
    });
  const db = set("db", 0, {});
  const claim = (name: string, phase: string) =>
    object("v1/PersistentVolumeClaim", name, {
      namespace: "shop",
      finalizers: ["kubernetes.io/pvc-protection"],
      spec: { volumeName: `pv-${name}` },
      status: { phase },
    });
  const data = claim("data-db-0", "Bound");
  // A generic ephemeral volume: its claim is the pod's.
  const scratch = pod("with-scratch", {
    spec: { volumes: [{ ephemeral: { volumeClaimTemplate: { spec: {} } }, name: "scratch" }] },
  });
  const scratchClaim = object("v1/PersistentVolumeClaim", "with-scratch-scratch", {
    namespace: "shop",
    owners: [scratch],
    spec: { volumeName: "pv-scratch" },
    status: { phase: "Bound" },
  });
  const volume = (name: string, phase: string, policy: string, claimRef?: Json) =>
    object("v1/PersistentVolume", name, {
      finalizers: ["kubernetes.io/pv-protection"],
      spec: { ...(claimRef && { claimRef }), persistentVolumeReclaimPolicy: policy },
      status: { lastPhaseTransitionTime: ago(DAY), phase },
    });
  const of = (name: string, uid?: string) => ({ name, namespace: "shop", ...(uid && { uid }) });
  return [
    db,
    set("canary", 1, { currentReplicas: 1, updateRevision: "canary-2", updatedReplicas: 1 }),
    ...[0, 1].map((i) =>
      pod(`db-${i}`, {
        owners: [db],
        labels: { app: "db", "controller-revision-hash": "db-1" },
        spec: { nodeName: "node-2" },
      }),
    ),
    service("db", { spec: { clusterIP: "None" } }),
    slice("db", ["ready", "ready"]),
    data,
    scratch,
    scratchClaim,
    volume("pv-scratch", "Bound", "Delete", of("with-scratch-scratch", scratchClaim.metadata.uid)),
    claim("waits-for-its-pod", "Pending"),
    volume("pv-data-db-0", "Bound", "Delete", of("data-db-0", data.metadata.uid)),
    volume("pv-free", "Available", "Retain"),
    volume("pv-reserved", "Available", "Retain", of("later")),
    volume("pv-going", "Released", "Delete", of("old", "uid-of-old")),
  ];
}

function ending(): Json[] {
  const complete = { conditions: [conditionOf("Complete", "True", 600)], succeeded: 1 };
  const template = { metadata: { labels: { app: "nightly" } }, spec: {} };
  const cron = object("batch/v1/CronJob", "nightly", {
    namespace: "shop",
    spec: { jobTemplate: { spec: { template } }, schedule: "0 3 * * *", suspend: true },
  });
  const job = workload("batch/v1/Job", "nightly-29921041", { owners: [cron], status: complete });
  const ended = (exitCode: number, reason: string) => ({
    containerStatuses: [
      container("app", { ready: false, state: { terminated: { exitCode, finishedAt: ago(600), reason } } }),
    ],
  });
  // Its address has gone to another pod since.
  const taken = pod("web-6d4b75cb6d-0").status.podIPs;
  return [
    cron,
    service("nightly"),
    slice("nightly", []),
    job,
    pod("nightly-29921041-x", {
      owners: [job],
      status: { ...ended(0, "Completed"), phase: "Succeeded", podIPs: taken },
    }),
    pod("evicted", { status: { ...ended(137, "Error"), phase: "Failed", podIPs: taken, reason: "Evicted" } }),
    pod("gated", {
      age: DAY,
      spec: { nodeName: undefined, schedulingGates: [{ name: "kueue.x-k8s.io/admission" }] },
      status: {
        conditions: [conditionOf("PodScheduled", "False", DAY, { reason: "SchedulingGated" })],
        phase: "Pending",
        podIPs: undefined,
      },
    }),
    pod("once-crashed", {
      status: {
        containerStatuses: [
          container("app", { lastState: { terminated: { exitCode: 1, finishedAt: ago(60) } }, restartCount: 9 }),
        ],
      },
    }),
    event("Killing", pod("web-6d4b75cb6d-9"), "Stopping container app", 60),
  ];
}

/** Workloads, services and volumes of a cluster in which all is well. */
export const healthyWorkloads = (): Json[] => [...serving(), ...stateful(), ...ending()];

/** What is under way: nothing yet, but would be something if it stayed so. */
export function underWay(): Json[] {
  return [
    pod("starting", {
      age: 20,
      status: {
        conditions: [conditionOf("PodScheduled", "True", 20)],
        containerStatuses: [container("app", { ready: false, state: { waiting: { reason: "ContainerCreating" } } })],
        phase: "Pending",
        podIPs: undefined,
      },
    }),
    pod("ending", { deleted: 10 }),
    object("v1/PersistentVolumeClaim", "in-use", {
      namespace: "shop",
      deleted: 60,
      finalizers: ["kubernetes.io/pvc-protection"],
      status: { phase: "Bound" },
    }),
  ];
}
