import { isRecord, type KubeObject } from "./object.ts";
import type { Resource } from "./resources.ts";
import { badRequest, invalid, invalidValue, notFound } from "./status.ts";
import type { Store } from "./store.ts";
import { type UpdateOptions, update } from "./update.ts";

/** The scale subresource of a workload. */
export function scaleOf({ metadata, spec, status }: KubeObject): KubeObject {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    // The API server leaves a zero out here, and nowhere else.
    spec: spec?.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, selector: labels.join(",") },
  };
}

/** Changes how many replicas a workload wants; `change` makes the new scale of the old. */
export function rescale(
  store: Store,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  change: (scale: KubeObject) => unknown,
  options: UpdateOptions = {},
): KubeObject {
  const current = store.objects.get(resource.id, namespace, name);
  if (!current) throw notFound(resource, name);
  const scale = change(scaleOf(current));
  if (!isRecord(scale)) throw badRequest("the object provided is unrecognized (must be of type Scale)");
  const replicas = scale.spec?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) {
    throw invalid({ group: "autoscaling", kind: "Scale" }, name, [
      invalidValue("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  }
  const resourceVersion = scale.metadata?.resourceVersion ?? current.metadata.resourceVersion;
  const wanted = {
    ...current,
    metadata: { ...current.metadata, resourceVersion },
    spec: { ...current.spec, replicas },
  };
  return scaleOf(update(store, resource, namespace, name, wanted, options));
}
