import type { KubeObject } from "../store/object.ts";
import type { Resource } from "../store/resources.ts";

type Cell = string | number;
type Column = readonly [name: string, read: (object: KubeObject, now: number) => Cell, priority?: 1];

/** How long ago, in kubectl's words: 42s, 7m, 5h, 12d. */
export function age(since: string | undefined, now: number): string {
  if (since === undefined) return "<unknown>";
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

const none = (value: unknown): Cell =>
  value === undefined || value === null || value === "" ? "<none>" : (value as Cell);
const labels = (map: Record<string, string> | undefined) =>
  none(
    Object.entries(map ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
  );
const conditionOf = (o: KubeObject, type: string) =>
  o.status?.conditions?.find((c: { type: string }) => c.type === type);
const statuses = (o: KubeObject): any[] => o.status?.containerStatuses ?? [];

function podStatus(o: KubeObject): string {
  if (o.metadata.deletionTimestamp) return "Terminating";
  for (const { state } of statuses(o)) {
    if (state?.waiting?.reason) return state.waiting.reason;
    if (state?.terminated?.reason) return state.terminated.reason;
  }
  return o.status?.reason ?? o.status?.phase ?? "Unknown";
}

function nodeStatus(o: KubeObject): string {
  const ready = conditionOf(o, "Ready")?.status === "True" ? "Ready" : "NotReady";
  return o.spec?.unschedulable ? `${ready},SchedulingDisabled` : ready;
}

const ports = (o: KubeObject) =>
  none((o.spec?.ports ?? []).map((port: any) => `${port.port}/${port.protocol ?? "TCP"}`).join(","));
const replicas = (ready: number | undefined, wanted: number | undefined): string => `${ready ?? 0}/${wanted ?? 0}`;

/** What kubectl shows of each kind between its name and its age. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    ["Ready", (o) => replicas(statuses(o).filter((c) => c.ready).length, o.spec?.containers?.length)],
    ["Status", podStatus],
    ["Restarts", (o) => statuses(o).reduce((sum, c) => sum + (c.restartCount ?? 0), 0)],
    ["IP", (o) => none(o.status?.podIP), 1],
    ["Node", (o) => none(o.spec?.nodeName), 1],
  ],
  nodes: [
    ["Status", nodeStatus],
    ["Version", (o) => none(o.status?.nodeInfo?.kubeletVersion)],
    ["Zone", (o) => none(o.metadata.labels?.["topology.kubernetes.io/zone"]), 1],
    ["Pool", (o) => none(o.metadata.labels?.["node.kubernetes.io/pool"]), 1],
  ],
  namespaces: [["Status", (o) => o.status?.phase ?? ""]],
  services: [
    ["Type", (o) => o.spec?.type ?? ""],
    ["Cluster-IP", (o) => none(o.spec?.clusterIP)],
    ["Port(s)", ports],
    ["Selector", (o) => labels(o.spec?.selector), 1],
  ],
  persistentvolumes: [
    ["Capacity", (o) => none(o.spec?.capacity?.storage)],
    ["Reclaim Policy", (o) => o.spec?.persistentVolumeReclaimPolicy ?? ""],
    ["Status", (o) => o.status?.phase ?? ""],
    ["Claim", (o) => (o.spec?.claimRef ? `${o.spec.claimRef.namespace}/${o.spec.claimRef.name}` : "")],
  ],
  persistentvolumeclaims: [
    ["Status", (o) => o.status?.phase ?? ""],
    ["Volume", (o) => o.spec?.volumeName ?? ""],
    ["Capacity", (o) => o.status?.capacity?.storage ?? ""],
  ],
  "deployments.apps": [
    ["Ready", (o) => replicas(o.status?.readyReplicas, o.spec?.replicas)],
    ["Up-to-date", (o) => o.status?.updatedReplicas ?? 0],
    ["Available", (o) => o.status?.availableReplicas ?? 0],
  ],
  "replicasets.apps": [
    ["Desired", (o) => o.spec?.replicas ?? 0],
    ["Current", (o) => o.status?.replicas ?? 0],
    ["Ready", (o) => o.status?.readyReplicas ?? 0],
  ],
  "statefulsets.apps": [["Ready", (o) => replicas(o.status?.readyReplicas, o.spec?.replicas)]],
  "daemonsets.apps": [
    ["Desired", (o) => o.status?.desiredNumberScheduled ?? 0],
    ["Current", (o) => o.status?.currentNumberScheduled ?? 0],
    ["Ready", (o) => o.status?.numberReady ?? 0],
  ],
  "jobs.batch": [
    ["Status", (o) => (conditionOf(o, "Complete") ? "Complete" : conditionOf(o, "Failed") ? "Failed" : "Running")],
    ["Completions", (o) => replicas(o.status?.succeeded, o.spec?.completions)],
  ],
  "cronjobs.batch": [["Schedule", (o) => o.spec?.schedule ?? ""]],
  "endpointslices.discovery.k8s.io": [
    ["AddressType", (o) => o.addressType ?? ""],
    ["Endpoints", (o) => none((o.endpoints ?? []).flatMap((e: any) => e.addresses ?? []).join(","))],
  ],
  "leases.coordination.k8s.io": [["Holder", (o) => o.spec?.holderIdentity ?? ""]],
  "customresourcedefinitions.apiextensions.k8s.io": [["Created At", (o) => o.metadata.creationTimestamp]],
  "apiservices.apiregistration.k8s.io": [
    ["Service", (o) => (o.spec?.service ? `${o.spec.service.namespace}/${o.spec.service.name}` : "Local")],
    ["Available", (o) => `${conditionOf(o, "Available")?.status ?? "Unknown"}`],
  ],
};

/** Events are told by what happened, not by their names. */
const EVENTS: readonly Column[] = [
  ["Last Seen", (o, now) => age(o.lastTimestamp ?? undefined, now)],
  ["Type", (o) => o.type ?? ""],
  ["Reason", (o) => o.reason ?? ""],
  ["Object", (o) => `${String(o.involvedObject?.kind ?? "").toLowerCase()}/${o.involvedObject?.name ?? ""}`],
  ["Message", (o) => o.message ?? ""],
  ["Name", (o) => o.metadata.name, 1],
];

const NAME: Column = ["Name", (o) => o.metadata.name];
const AGE: Column = ["Age", (o, now) => age(o.metadata.creationTimestamp, now)];

const columnsOf = ({ id }: Resource): readonly Column[] =>
  id === "events" ? EVENTS : [NAME, ...(COLUMNS[id] ?? []), AGE];

/** The API server's own rows and columns, which kubectl prints. */
export function tableOf(
  resource: Resource,
  items: readonly KubeObject[],
  metadata: object,
  now: number,
  form: "table" | "table of objects",
): unknown {
  const columns = columnsOf(resource);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map(([name, , priority = 0]) => ({
      name,
      type: "string",
      format: name === "Name" ? "name" : "",
      description: name,
      priority,
    })),
    rows: items.map((object) => ({
      cells: columns.map(([, read]) => read(object, now)),
      object:
        form === "table"
          ? { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata }
          : object,
    })),
  };
}
