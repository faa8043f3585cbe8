import { type KubeObject, same } from "./object.ts";
import type { Objects } from "./objects.ts";
import type { Resource } from "./resources.ts";

const UNCOUNTED = new Set(["apiVersion", "kind", "metadata", "status"]);

/** Whether the change counts in metadata.generation. */
function counts(resource: Resource, current: KubeObject, next: KubeObject): boolean {
  if (resource.generation === undefined) return false;
  const began = next.metadata.deletionTimestamp !== undefined && current.metadata.deletionTimestamp === undefined;
  const fields =
    resource.generation === "*"
      ? Object.keys({ ...current, ...next }).filter((field) => !UNCOUNTED.has(field))
      : resource.generation;
  return began || fields.some((field) => !same(current[field], next[field]));
}

/** Nothing holds it any more: an object that waits for its finalizers goes with the last of them. */
const released = ({ metadata, spec, kind }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  (metadata.finalizers ?? []).length === 0 &&
  !(kind === "Namespace" && (spec?.finalizers ?? []).length > 0);

/** Fields whose emptiness is their absence. */
function tidy(object: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  for (const field of ["labels", "annotations", "finalizers", "ownerReferences"] as const) {
    const value = metadata[field];
    if (value === null || (value !== undefined && Object.keys(value).length === 0)) delete metadata[field];
  }
  return { ...object, metadata };
}

/**
 * Replaces an object by its next state: counts its generation, keeps its resourceVersion when nothing changed,
 * takes it away when a deletion was waiting for just this. `dry` only says what would be.
 */
export function commit(
  objects: Objects,
  resource: Resource,
  current: KubeObject,
  changed: KubeObject,
  dry = false,
): KubeObject {
  const next = tidy({
    ...changed,
    metadata: { ...changed.metadata, resourceVersion: current.metadata.resourceVersion },
  });
  if (same(current, next)) return current;
  if (counts(resource, current, next)) next.metadata.generation = (current.metadata.generation ?? 0) + 1;
  if (dry) return next;
  if (!released(next)) return objects.put(resource.id, next);
  objects.remove(resource.id, next);
  return next;
}
