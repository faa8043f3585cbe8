import { remove } from "../store/remove.ts";
import { setCondition } from "./conditions.ts";
import type { ControllerContext } from "./context.ts";

/** What every cluster has from the start. */
const OWN = ["default", "kube-node-lease", "kube-public", "kube-system"];
const ROOT_CA = "kube-root-ca.crt";

/** Fits out a new namespace; empties one that is deleted, and lets it go when it is empty. */
export function runNamespaces({ store, client, clock, on, work }: ControllerContext): void {
  const left = (namespace: string) =>
    store.catalog
      .all()
      .flatMap((resource) =>
        resource.namespaced ? store.objects.list(resource.id, namespace).map((object) => ({ resource, object })) : [],
      );

  const fitOut = (namespace: string) => {
    if (!client.get("v1/ServiceAccount", { name: "default", namespace })) {
      client.create("v1/ServiceAccount", { metadata: { name: "default", namespace } });
    }
    if (!client.get("v1/ConfigMap", { name: ROOT_CA, namespace })) {
      client.create("v1/ConfigMap", { metadata: { name: ROOT_CA, namespace }, data: { "ca.crt": "practice\n" } });
    }
  };

  const empty = (namespace: string) => {
    for (const { resource, object } of left(namespace)) {
      if (object.metadata.deletionTimestamp === undefined) remove(store, resource, namespace, object.metadata.name);
    }
    const rest = left(namespace);
    client.edit("v1/Namespace", { name: namespace }, (draft: any) => {
      if (rest.length === 0) draft.spec.finalizers = [];
      else {
        const message = `Some resources are remaining: ${rest.length} resource instances`;
        draft.status.conditions = setCondition(
          draft.status.conditions ?? [],
          { type: "NamespaceContentRemaining", status: "True", reason: "SomeResourcesRemain", message },
          clock.now(),
        );
      }
    });
  };

  const found = (name: string) => client.create("v1/Namespace", { metadata: { name } });

  const queue = work((name) => {
    const namespace = client.get("v1/Namespace", { name });
    if (!namespace) {
      if (OWN.includes(name)) found(name);
      return;
    }
    if (namespace.metadata.deletionTimestamp === undefined) fitOut(name);
    else empty(name);
  }, 50);

  on(["namespaces"], ({ type, object }) => {
    if (type !== "DELETED" || OWN.includes(object.metadata.name)) queue.enqueue(object.metadata.name);
  });
  on(["configmaps", "serviceaccounts"], ({ type, object }) => {
    const { name, namespace } = object.metadata;
    if (type === "DELETED" && namespace !== undefined && (name === ROOT_CA || name === "default"))
      queue.enqueue(namespace);
  });
  store.objects.subscribe(({ type, object }) => {
    const { namespace } = object.metadata;
    if (type !== "DELETED" || namespace === undefined) return;
    if (client.get("v1/Namespace", { name: namespace })?.metadata.deletionTimestamp !== undefined)
      queue.enqueue(namespace);
  });
  for (const { metadata } of client.list("v1/Namespace")) queue.enqueue(metadata.name);
  for (const name of OWN) if (!client.get("v1/Namespace", { name })) found(name);
}
