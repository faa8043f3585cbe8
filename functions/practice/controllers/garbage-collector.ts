import { commit } from "../store/commit.ts";
import { type KubeObject, type OwnerReference, same } from "../store/object.ts";
import { remove } from "../store/remove.ts";
import type { Resource } from "../store/resources.ts";
import type { ControllerContext } from "./context.ts";

export interface GarbageCollector {
  /** Objects (uids) that it fails to see: the broken garbage collector of a practice fault. */
  readonly overlooked: Set<string>;
  /** Looks at an object again. */
  recheck(uid: string): void;
}

interface Found {
  readonly resource: string;
  readonly object: KubeObject;
}

/** Deletes what lost all its owners; serves the finalizers of foreground and orphaning deletion. */
export function runGarbageCollector({ store, work }: ControllerContext): GarbageCollector {
  const { objects, catalog } = store;
  const overlooked = new Set<string>();
  const byUid = new Map<string, Found>();
  const dependents = new Map<string, Set<string>>();

  const resourceOf = (found: Found): Resource | undefined => catalog.all().find(({ id }) => id === found.resource);
  const owners = (object: KubeObject): readonly OwnerReference[] => object.metadata.ownerReferences ?? [];
  const dependentsOf = (uid: string): Found[] =>
    [...(dependents.get(uid) ?? [])].flatMap((one) => byUid.get(one) ?? []);

  const edit = (found: Found, change: (metadata: KubeObject["metadata"]) => KubeObject["metadata"]) => {
    const resource = resourceOf(found);
    if (resource) commit(objects, resource, found.object, { ...found.object, metadata: change(found.object.metadata) });
  };

  const dropFinalizer = (found: Found, finalizer: string) =>
    edit(found, (metadata) => ({
      ...metadata,
      finalizers: (metadata.finalizers ?? []).filter((one) => one !== finalizer),
    }));

  const orphan = (found: Found) => {
    const { uid } = found.object.metadata;
    for (const one of dependentsOf(uid)) {
      edit(one, (metadata) => ({
        ...metadata,
        ownerReferences: (metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid),
      }));
    }
    dropFinalizer(found, "orphan");
  };

  const erase = (found: Found) => {
    const resource = resourceOf(found);
    const { namespace, name, deletionTimestamp } = found.object.metadata;
    if (resource && deletionTimestamp === undefined)
      remove(store, resource, namespace, name, { propagationPolicy: "Background" });
  };

  const foreground = (found: Found) => {
    const blocking = dependentsOf(found.object.metadata.uid).filter(({ object }) =>
      owners(object).some((owner) => owner.uid === found.object.metadata.uid && owner.blockOwnerDeletion),
    );
    if (blocking.length === 0) dropFinalizer(found, "foregroundDeletion");
    else for (const one of blocking) erase(one);
  };

  const queue = work((uid) => {
    const found = byUid.get(uid);
    if (!found || overlooked.has(uid)) return;
    const { metadata } = found.object;
    if (metadata.deletionTimestamp !== undefined) {
      if (metadata.finalizers?.includes("orphan")) orphan(found);
      else if (metadata.finalizers?.includes("foregroundDeletion")) foreground(found);
      return;
    }
    const all = owners(found.object);
    if (all.length > 0 && all.every((owner) => !byUid.has(owner.uid))) erase(found);
  }, 50);

  const link = ({ object }: Found) => {
    for (const { uid } of owners(object))
      dependents.set(uid, (dependents.get(uid) ?? new Set()).add(object.metadata.uid));
  };
  const unlink = (object: KubeObject) => {
    for (const { uid } of owners(object)) {
      const known = dependents.get(uid);
      known?.delete(object.metadata.uid);
      if (known?.size === 0) dependents.delete(uid);
    }
  };

  const remember = (found: Found) => {
    byUid.set(found.object.metadata.uid, found);
    link(found);
  };
  for (const [resource, object] of objects.all()) remember({ resource, object });

  objects.subscribe(({ type, resource, object, before }) => {
    const { uid } = object.metadata;
    if (before) unlink(before);
    if (type === "DELETED") {
      const left = dependentsOf(uid);
      byUid.delete(uid);
      overlooked.delete(uid);
      for (const one of left) queue.enqueue(one.object.metadata.uid);
      for (const owner of owners(object)) queue.enqueue(owner.uid);
      return;
    }
    remember({ resource, object });
    const otherOwners = !same(before?.metadata.ownerReferences, object.metadata.ownerReferences);
    if (otherOwners || object.metadata.deletionTimestamp !== undefined) queue.enqueue(uid);
  });

  return { overlooked, recheck: (uid) => queue.enqueue(uid) };
}
