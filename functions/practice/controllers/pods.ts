import type { Obj } from "../client.ts";
import { nameHash } from "../random.ts";
import { isRecord, type OwnerReference } from "../store/object.ts";
import type { ControllerContext } from "./context.ts";

export type Pod = Obj<"v1/Pod">;

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string };
}

/** The reference by which an object is controlled. */
export const controlledBy = ({ apiVersion, kind, metadata }: Owner): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

export const controllerOf = (object: {
  readonly metadata: {
    readonly ownerReferences?: readonly {
      readonly controller?: boolean;
      readonly uid: string;
      readonly name: string;
      readonly kind: string;
    }[];
  };
}) => object.metadata.ownerReferences?.find(({ controller }) => controller);

/** Everything of a kind that this owner controls. */
export const ownedBy = <
  T extends { metadata: { ownerReferences?: { controller?: boolean; uid: string; name: string; kind: string }[] } },
>(
  objects: readonly T[],
  owner: Owner,
): T[] => objects.filter((object) => controllerOf(object)?.uid === owner.metadata.uid);

export const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;

export const isOver = ({ status }: Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed";

/** Counts as a replica: neither ended nor on its way out. */
export const isActive = (pod: Pod): boolean => !isOver(pod) && pod.metadata.deletionTimestamp === undefined;

/** Unready ones first, the youngest first: those that are missed the least. */
export const leastMissed = (a: Pod, b: Pod): number =>
  Number(isReady(a)) - Number(isReady(b)) ||
  b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp) ||
  a.metadata.name.localeCompare(b.metadata.name);

/** Calls with `namespace/name` of the controller of each pod that changes. */
export function onPodsOf({ on }: ControllerContext, kind: string, enqueue: (key: string) => void): void {
  on(["pods"], ({ object }) => {
    const controller = object.metadata.ownerReferences?.find((owner) => owner.controller);
    if (controller?.kind === kind) enqueue(`${object.metadata.namespace}/${controller.name}`);
  });
}

export const named = (key: string): { readonly namespace: string; readonly name: string } => {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
};

export const keyOfObject = ({
  metadata,
}: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): string => `${metadata.namespace}/${metadata.name}`;

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
};

/** The same for the same template, whatever the order of its fields. */
export const templateHash = (template: unknown): string => nameHash(JSON.stringify(sorted(template)));
