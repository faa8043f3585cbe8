import { timestamp } from "../clock.ts";
import { hashNumber } from "../random.ts";
import { type KubeObject, thaw } from "./object.ts";

/** What the API server fills in when an object is made. Each writes into the object it is given. */
export interface DefaultsContext {
  readonly now: number;
  /** An address of the services' range that nobody has. */
  clusterIP(): string;
}

type Fill = (object: KubeObject, context: DefaultsContext) => void;

/** Sets what is absent. */
function fill(target: Record<string, any>, defaults: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(defaults)) if (target[name] === undefined) target[name] = value;
}

function container(container: Record<string, any>): void {
  const latest = !String(container.image).includes(":") || String(container.image).endsWith(":latest");
  fill(container, {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: latest ? "Always" : "IfNotPresent",
  });
  for (const port of container.ports ?? []) fill(port, { protocol: "TCP" });
}

function podSpec(spec: Record<string, any> | undefined): void {
  if (!spec) return;
  for (const one of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) container(one);
  fill(spec, {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
  });
}

function quality(spec: Record<string, any>): string {
  const resources = (spec.containers ?? []).map((one: Record<string, any>) => one.resources ?? {});
  if (resources.every((r: Record<string, any>) => !r.requests && !r.limits)) return "BestEffort";
  const guaranteed = resources.every((r: Record<string, any>) =>
    ["cpu", "memory"].every((name) => r.limits?.[name] && (r.requests?.[name] ?? r.limits[name]) === r.limits[name]),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

const evicted = (key: string) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 });

const pod: Fill = (object) => {
  const spec = object.spec;
  podSpec(spec);
  fill(spec, {
    serviceAccountName: "default",
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: "PreemptLowerPriority",
  });
  fill(spec, { serviceAccount: spec.serviceAccountName });
  const tolerations: Record<string, any>[] = [...(spec.tolerations ?? [])];
  for (const key of ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]) {
    const tolerated = tolerations.some((t) => t.operator === "Exists" && (t.key === undefined || t.key === key));
    if (!tolerated) tolerations.push(evicted(key));
  }
  spec.tolerations = tolerations;
  object.status = { phase: "Pending", qosClass: quality(spec) };
};

const service: Fill = (object, context) => {
  const spec = object.spec ?? {};
  object.spec = spec;
  fill(spec, { type: "ClusterIP", sessionAffinity: "None" });
  for (const port of spec.ports ?? []) {
    fill(port, { protocol: "TCP" });
    fill(port, { targetPort: port.port });
  }
  if (spec.type !== "ExternalName") {
    fill(spec, { clusterIP: spec.clusterIP || context.clusterIP() });
    fill(spec, {
      clusterIPs: [spec.clusterIP],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
    });
  }
  object.status = { loadBalancer: {} };
};

const workload =
  (defaults: Record<string, unknown>, status: Record<string, unknown>): Fill =>
  (object) => {
    fill(object.spec, thaw(defaults));
    podSpec(object.spec.template?.spec);
    object.status = { ...status };
  };

const ROLLING = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } };
const ONE_BY_ONE = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };

const job: Fill = (object) => {
  const { name, uid } = object.metadata;
  const labels = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  const template = object.spec.template ?? {};
  object.spec.template = template;
  template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } };
  object.metadata.labels = { ...object.metadata.labels, ...labels };
  fill(object.spec, {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: "NonIndexed",
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: "TerminatingOrFailed",
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": uid } },
  });
  podSpec(template.spec);
  object.status = {};
};

const event: Fill = (object) => {
  fill(object, {
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: "",
    reportingInstance: "",
  });
};

const definition: Fill = (object) => {
  const names = object.spec.names;
  fill(names, { singular: String(names.kind).toLowerCase(), listKind: `${names.kind}List` });
  fill(object.spec, { scope: "Namespaced", conversion: { strategy: "None" } });
  const stored = object.spec.versions.find((version: { storage: boolean }) => version.storage);
  object.status = { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: [stored.name] };
};

const secret: Fill = (object) => {
  const plain = Object.entries<string>(object.stringData ?? {});
  delete object.stringData;
  const encoded = plain.map(([name, value]) => [name, Buffer.from(value).toString("base64")]);
  if (encoded.length > 0) object.data = { ...object.data, ...Object.fromEntries(encoded) };
  fill(object, { type: "Opaque" });
};

/** By resource id; others are stored as they come. */
export const DEFAULTS: Readonly<Record<string, Fill>> = {
  namespaces: (object) => {
    object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
    object.spec = { finalizers: ["kubernetes"] };
    object.status = { phase: "Active" };
  },
  pods: pod,
  services: service,
  events: event,
  secrets: secret,
  persistentvolumes: (object, { now }) => {
    object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), "kubernetes.io/pv-protection"])];
    fill(object.spec, { persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" });
    object.status = { phase: "Pending", lastPhaseTransitionTime: timestamp(now) };
  },
  persistentvolumeclaims: (object) => {
    object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), "kubernetes.io/pvc-protection"])];
    fill(object.spec, { volumeMode: "Filesystem" });
    object.status = { phase: "Pending" };
  },
  "deployments.apps": workload(
    { replicas: 1, strategy: ROLLING, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
    {},
  ),
  "replicasets.apps": workload({ replicas: 1 }, { replicas: 0 }),
  "statefulsets.apps": workload(
    {
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    },
    { replicas: 0, availableReplicas: 0 },
  ),
  "daemonsets.apps": workload(
    { updateStrategy: ONE_BY_ONE, revisionHistoryLimit: 10 },
    { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  ),
  "jobs.batch": job,
  "cronjobs.batch": (object) => {
    fill(object.spec, {
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    object.status = {};
  },
  "storageclasses.storage.k8s.io": (object) =>
    fill(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  "poddisruptionbudgets.policy": (object) => {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  "customresourcedefinitions.apiextensions.k8s.io": definition,
  "apiservices.apiregistration.k8s.io": (object) => {
    if (object.spec?.service) fill(object.spec.service, { port: 443 });
    object.status = {};
  },
};

/** An address of the services' range for a name; `taken` tells which are not free. */
export function serviceAddress(name: string, taken: (ip: string) => boolean): string {
  for (let attempt = 0; attempt < 65_536; attempt++) {
    const number = hashNumber(`${name} ${attempt}`);
    const ip = `10.96.${(number >>> 8) % 256}.${1 + (number % 254)}`;
    if (!taken(ip)) return ip;
  }
  throw new Error("no address is left in 10.96.0.0/16");
}
