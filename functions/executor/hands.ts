/** The executor's hands: the few things it does in a cluster. Every write means the state that was seen. */
import { createWriter, type KubeClient, type KubeObject, seenOf } from "#broker/kube/index.ts";
import { isFault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Target } from "#sdk/operation/request.ts";
import { collectionPath, type KindName, kindOf, objectPath } from "./kinds.ts";
import type { Post } from "./post.ts";

/** Who the API server notes as having set a field. */
export const MANAGER = "roundsman-executor";

export interface Hands {
  /** The object of that kind, name and uid; undefined where it is gone or another has its name. */
  read(target: Target): Promise<KubeObject | undefined>;
  /** Pods of one node, in all namespaces. */
  podsOn(node: string): Promise<readonly KubeObject[]>;
  /** A merge patch of what was seen. `subresource` such as `scale`. */
  merge(seen: KubeObject, change: object, subresource?: string): Promise<KubeObject>;
  remove(seen: KubeObject, gracePeriodSeconds?: number): Promise<void>;
  evict(seen: KubeObject): Promise<void>;
  /** Who set a field of the object's spec last, as the API server notes it; undefined where it does not. */
  managerOf(seen: KubeObject, field: string): Promise<string | undefined>;
  /** Calls somebody outside. */
  readonly post: Post;
}

const kindNamed = ({ apiVersion, kind }: KubeObject): KindName => kindOf({ apiVersion, kind })!;
const pathOf = (object: KubeObject): string => objectPath(kindNamed(object), object.metadata);

export function createHands(client: KubeClient, post: Post): Hands {
  const writer = createWriter(client, MANAGER);
  return {
    post,
    async read(target) {
      const kind = kindOf(target);
      if (kind === undefined) return undefined;
      try {
        const object = await client.get<KubeObject>(objectPath(kind, target));
        return object.metadata.uid === target.uid ? object : undefined;
      } catch (e) {
        if (isFault(e, "kube-not-found")) return undefined;
        throw e;
      }
    },
    async podsOn(node) {
      const pods: KubeObject[] = [];
      const pages = client.list(collectionPath("v1/Pod"), { fieldSelector: `spec.nodeName=${node}` });
      for await (const { items } of pages) pods.push(...items);
      return pods;
    },
    merge: (seen, change, subresource) =>
      writer.patch(pathOf(seen) + (subresource === undefined ? "" : `/${subresource}`), "merge", change, seenOf(seen)),
    remove: (seen, gracePeriodSeconds) =>
      writer.remove(pathOf(seen), seenOf(seen), gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    evict: (seen) => writer.evict(pathOf(seen), seen),
    async managerOf(seen, field) {
      const { text } = await client.request({ path: pathOf(seen) });
      const { metadata } = parseJson(text, { poison: "drop" }) as KubeObject;
      const entries = (metadata.managedFields ?? []) as readonly ManagedField[];
      return entries.find(({ fieldsV1 }) => fieldsV1?.["f:spec"]?.[`f:${field}`] !== undefined)?.manager;
    },
  };
}

interface ManagedField {
  readonly manager?: string;
  readonly fieldsV1?: { readonly "f:spec"?: Readonly<Record<string, unknown>> };
}
