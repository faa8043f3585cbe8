/** What is kept of a target before something is done that cannot be taken back. */
import type { KubeObject } from "#broker/kube/index.ts";

/** Bytes: a status is read by everybody, and etcd keeps it. */
export const MOST_EVIDENCE = 8_192;

/** Never environment values, commands or annotations: those may be secret. */
export function evidenceOf({ apiVersion, kind, metadata, spec, status }: KubeObject, more: unknown): string {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels, ownerReferences } = metadata;
  const of = (spec ?? {}) as Readonly<Record<string, unknown>>;
  const is = (status ?? {}) as Readonly<Record<string, unknown>>;
  const kept = {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp, labels, ownerReferences },
    spec: pick(of, ["nodeName", "unschedulable", "taints", "replicas", "paused"]),
    status: pick(is, ["phase", "reason", "message", "conditions", "startTime", "replicas", "readyReplicas"]),
    containers: containersOf(is),
    ...(more !== undefined && { more }),
  };
  return bounded(kept);
}

const pick = (from: Readonly<Record<string, unknown>>, fields: readonly string[]) =>
  Object.fromEntries(fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]));

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: unknown;
  readonly lastState?: unknown;
}

function containersOf({ containerStatuses }: { readonly containerStatuses?: unknown }) {
  if (!Array.isArray(containerStatuses)) return undefined;
  return (containerStatuses as readonly ContainerStatus[]).map(({ name, restartCount, state, lastState }) => ({
    name,
    restartCount,
    state,
    lastState,
  }));
}

/** Leaves out what is least missed until it fits. */
function bounded(kept: Record<string, unknown>): string {
  let text = JSON.stringify(kept);
  for (const part of ["containers", "more", "status", "spec"]) {
    if (Buffer.byteLength(text) <= MOST_EVIDENCE) return text;
    kept = { ...kept, [part]: "left out: too large" };
    text = JSON.stringify(kept);
  }
  return Buffer.byteLength(text) <= MOST_EVIDENCE ? text : JSON.stringify({ leftOut: "too large" });
}
