import { timestamp } from "../clock.ts";
import { commit } from "./commit.ts";
import type { KubeObject, Metadata } from "./object.ts";
import type { Resource } from "./resources.ts";
import {
  type Cause,
  conflict,
  deleted,
  forbidden,
  invalidOptions,
  invalidValue,
  notFound,
  type Status,
} from "./status.ts";
import type { Store, WriteOptions } from "./store.ts";

/** Kubernetes' DeleteOptions, as far as they matter here. */
export interface RemoveOptions extends WriteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

/** No cluster is without these. */
const IMMORTAL = ["default", "kube-public", "kube-system"];
const POLICIES = ["Foreground", "Background", "Orphan"];

function refuse(resource: Resource, { metadata }: KubeObject, options: RemoveOptions): void {
  if (resource.id === "namespaces" && IMMORTAL.includes(metadata.name)) {
    throw forbidden(resource, metadata.name, "this namespace may not be deleted");
  }
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      resource,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      resource.kind,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      resource,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
      resource.kind,
    );
  }
  const causes: Cause[] = [];
  const { propagationPolicy: policy, gracePeriodSeconds: grace } = options;
  if (policy !== undefined && !POLICIES.includes(policy)) {
    causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: "${policy}": supported values: "Foreground", "Background", "Orphan", "nil"`,
      field: "propagationPolicy",
    });
  }
  if (grace !== undefined && grace < 0)
    causes.push(invalidValue("gracePeriodSeconds", grace, "must be greater than or equal to 0"));
  if (causes.length > 0) throw invalidOptions("DeleteOptions", causes);
}

/** Seconds a pod is given to stop. */
function grace(resource: Resource, { spec, status, metadata }: KubeObject, wanted: number | undefined): number {
  if (resource.id !== "pods") return 0;
  const over = !spec?.nodeName || status?.phase === "Succeeded" || status?.phase === "Failed";
  const asked = over ? 0 : (wanted ?? spec?.terminationGracePeriodSeconds ?? 30);
  return Math.min(asked, metadata.deletionGracePeriodSeconds ?? asked);
}

const CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

function finalizers(resource: Resource, { metadata }: KubeObject, policy: string | undefined): string[] {
  const kept = (metadata.finalizers ?? []).filter(
    (f) => policy === undefined || (f !== "foregroundDeletion" && f !== "orphan"),
  );
  if (policy === "Foreground") kept.push("foregroundDeletion");
  if (policy === "Orphan") kept.push("orphan");
  if (resource.id === "customresourcedefinitions.apiextensions.k8s.io" && !kept.includes(CLEANUP)) kept.push(CLEANUP);
  return kept;
}

/** The object on its way out: it stays until its finalizers are served and its grace period is over. */
function marked(
  resource: Resource,
  object: KubeObject,
  seconds: number,
  now: number,
  policy: string | undefined,
): KubeObject {
  const since = object.metadata.deletionTimestamp;
  const until = timestamp(now + seconds * 1000);
  const held = finalizers(resource, object, policy);
  const { finalizers: _, ...rest } = object.metadata;
  const metadata: Metadata = {
    ...rest,
    ...(held.length > 0 && { finalizers: held }),
    deletionTimestamp: since !== undefined && since < until ? since : until,
    ...(resource.id !== "namespaces" &&
      resource.id !== "customresourcedefinitions.apiextensions.k8s.io" && { deletionGracePeriodSeconds: seconds }),
  };
  if (resource.id === "namespaces") return { ...object, metadata, status: { ...object.status, phase: "Terminating" } };
  return { ...object, metadata };
}

/** Deletes, or begins to; answers as the API server does. */
export function remove(
  context: Store,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  options: RemoveOptions = {},
): KubeObject | Status {
  const { objects, clock } = context;
  const current = objects.get(resource.id, namespace, name);
  if (!current) throw notFound(resource, name);
  refuse(resource, current, options);
  const seconds = grace(resource, current, options.gracePeriodSeconds);
  const next = marked(resource, current, seconds, clock.now(), options.propagationPolicy);
  const waits = seconds > 0 || (next.metadata.finalizers ?? []).length > 0 || resource.id === "namespaces";
  if (waits) return commit(objects, resource, current, next, options.dry);
  const last = options.dry ? next : objects.remove(resource.id, resource.id === "pods" ? next : current);
  return resource.returnsDeleted ? last : deleted(resource, name, current.metadata.uid);
}
