import { DEFINITIONS } from "../store/catalog.ts";
import type { KubeObject } from "../store/object.ts";
import { remove } from "../store/remove.ts";
import { resource } from "../store/resources.ts";
import { type Condition, setCondition } from "./conditions.ts";
import type { ControllerContext } from "./context.ts";

const CRD = "apiextensions.k8s.io/v1/CustomResourceDefinition";
const CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

const CONDITIONS = {
  accepted: { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" },
  established: {
    type: "Established",
    status: "True",
    reason: "InitialNamesAccepted",
    message: "the initial names have been accepted",
  },
  pending: {
    type: "Terminating",
    status: "True",
    reason: "InstanceDeletionPending",
    message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
  },
  busy: {
    type: "Terminating",
    status: "True",
    reason: "InstanceDeletionInProgress",
    message: "CustomResource deletion is in progress",
  },
} as const;

/** Serves a definition once its names are accepted; when it is deleted, waits until its last object is gone. */
export function runCustomResources({ store, client, clock, on, work }: ControllerContext): void {
  const set = (definition: KubeObject, ...next: Omit<Condition, "lastTransitionTime">[]) =>
    client.edit(CRD, definition.metadata, (draft: any) => {
      draft.status.conditions = next.reduce(
        (all, one) => setCondition(all, one, clock.now()),
        draft.status.conditions ?? [],
      );
      draft.status.acceptedNames = draft.spec.names;
    });

  const instances = (definition: KubeObject) => store.objects.list(definition.metadata.name);

  const clean = work((name) => {
    const definition = store.objects.get(DEFINITIONS, undefined, name);
    if (!definition?.metadata.deletionTimestamp || !definition.metadata.finalizers?.includes(CLEANUP)) return;
    set(definition, CONDITIONS.busy);
    const { group, names, versions, scope } = definition.spec;
    const kind = resource(group, versions[0].name, names.kind, names.plural, {
      custom: true,
      namespaced: scope === "Namespaced",
      generation: "*",
    });
    for (const { metadata } of instances(definition)) {
      if (metadata.deletionTimestamp === undefined) remove(store, kind, metadata.namespace, metadata.name);
    }
    if (instances(definition).length > 0) return;
    client.edit(CRD, definition.metadata, (draft) => {
      draft.metadata.finalizers = draft.metadata.finalizers?.filter((finalizer: string) => finalizer !== CLEANUP) ?? [];
    });
  }, 50);

  const look = (object: KubeObject) => {
    const conditions: Condition[] = object.status?.conditions ?? [];
    const terminating = conditions.some((one) => one.type === "Terminating");
    if (object.metadata.deletionTimestamp === undefined) {
      if (!conditions.some((one) => one.type === "Established"))
        set(object, CONDITIONS.accepted, CONDITIONS.established);
      return;
    }
    if (!terminating) set(object, CONDITIONS.pending);
    clean.enqueue(object.metadata.name);
  };
  for (const definition of store.objects.list(DEFINITIONS)) look(definition);
  on([DEFINITIONS], ({ type, object }) => {
    if (type !== "DELETED") look(object);
  });
  // The last custom object to go lets its definition go.
  store.objects.subscribe(({ type, resource: id }) => {
    if (type !== "DELETED" || !id.includes(".")) return;
    if (store.objects.get(DEFINITIONS, undefined, id)?.metadata.deletionTimestamp !== undefined) clean.enqueue(id);
  });
}
