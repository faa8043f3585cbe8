import { commit } from "./commit.ts";
import { typed } from "./create.ts";
import type { KubeObject, Metadata } from "./object.ts";
import type { Resource } from "./resources.ts";
import { badRequest, conflict, forbiddenField, invalid, invalidValue, MODIFIED, notFound } from "./status.ts";
import type { Store, WriteOptions } from "./store.ts";
import { validate } from "./validate.ts";

export interface UpdateOptions extends WriteOptions {
  readonly subresource?: "status" | "finalize" | undefined;
  /** A patch was applied to the object as it stands: it need not name the resourceVersion. */
  readonly patched?: boolean;
}

/** What a client may not say of an object, and what it keeps. */
function mergedMetadata(current: Metadata, sent: Metadata): Metadata {
  const merged: Metadata = {
    name: current.name,
    ...(current.namespace !== undefined && { namespace: current.namespace }),
    ...(current.generateName !== undefined && { generateName: current.generateName }),
    uid: current.uid,
    resourceVersion: current.resourceVersion,
    ...(current.generation !== undefined && { generation: current.generation }),
    creationTimestamp: current.creationTimestamp,
    ...(current.deletionTimestamp !== undefined && { deletionTimestamp: current.deletionTimestamp }),
    ...(current.deletionGracePeriodSeconds !== undefined && {
      deletionGracePeriodSeconds: current.deletionGracePeriodSeconds,
    }),
  };
  for (const field of ["labels", "annotations", "ownerReferences", "finalizers"] as const) {
    if (sent[field] !== undefined) Object.assign(merged, { [field]: sent[field] });
  }
  return merged;
}

/** Which parts of what was sent count, by where it was sent. */
function merged(
  resource: Resource,
  current: KubeObject,
  sent: KubeObject,
  subresource: UpdateOptions["subresource"],
): KubeObject {
  const metadata = mergedMetadata(current.metadata, sent.metadata);
  if (subresource === "status") {
    const { status: _, ...rest } = current;
    return {
      ...rest,
      ...(!resource.custom && { metadata }),
      ...(sent.status !== undefined && { status: sent.status }),
    };
  }
  if (subresource === "finalize")
    return { ...current, spec: { ...current.spec, finalizers: sent.spec?.finalizers ?? [] } };
  const { status: _, ...rest } = sent;
  const keepsStatus = resource.subresources.includes("status");
  const status = keepsStatus ? current.status : sent.status;
  const spec = resource.id === "namespaces" ? { spec: current.spec } : {};
  return { ...rest, ...spec, metadata, ...(status !== undefined && { status }) };
}

/** Refuses what was meant for another object or another state of it. */
function precondition(resource: Resource, current: KubeObject, sent: Metadata, options: UpdateOptions): void {
  const { name, uid, resourceVersion } = current.metadata;
  if (sent.name !== undefined && sent.name !== name) {
    throw badRequest(`the name of the object (${sent.name}) does not match the name on the URL (${name})`);
  }
  if (sent.namespace !== undefined && sent.namespace !== current.metadata.namespace) {
    throw badRequest(
      `the namespace of the object (${sent.namespace}) does not match the namespace on the URL (${current.metadata.namespace})`,
    );
  }
  const wanted = sent.resourceVersion ?? "";
  const other = sent.uid !== undefined && sent.uid !== "" && sent.uid !== uid;
  if (other && options.patched) {
    if (wanted !== "" && wanted !== resourceVersion) throw conflict(resource, name, MODIFIED);
    throw invalid(resource, name, [invalidValue("metadata.uid", sent.uid, "field is immutable")]);
  }
  if (other)
    throw conflict(resource, name, `Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${uid}`);
  if (wanted !== "" && wanted !== resourceVersion) throw conflict(resource, name, MODIFIED);
  if (wanted === "" && resource.conditionalUpdate && !options.patched) {
    throw invalid({ group: resource.group, kind: resource.plural }, name, [
      invalidValue("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
  }
}

/** Puts a new state in the place of the object that has the name. */
export function update(
  context: Store,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  body: unknown,
  options: UpdateOptions = {},
): KubeObject {
  const sent = typed(resource, body);
  const current = context.objects.get(resource.id, namespace, name);
  if (!current) throw notFound(resource, name);
  precondition(resource, current, sent.metadata, options);
  const next = merged(resource, current, sent, options.subresource);
  const before = current.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (current.metadata.deletionTimestamp !== undefined && added.length > 0) {
    throw invalid(resource, name, [
      forbiddenField(
        "metadata.finalizers",
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => `"${f}"`).join(", ")}}`,
      ),
    ]);
  }
  if (options.subresource === undefined) validate(resource, next);
  return commit(context.objects, resource, current, next, options.dry);
}
