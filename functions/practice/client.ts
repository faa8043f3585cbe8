import type { Json, KindName, Kinds, ObjectOf } from "#sdk";
import { commit } from "./store/commit.ts";
import { create } from "./store/create.ts";
import { type KubeObject, thaw } from "./store/object.ts";
import { type RemoveOptions, remove } from "./store/remove.ts";
import type { Resource } from "./store/resources.ts";
import { ApiError, isApiError } from "./store/status.ts";
import type { Store } from "./store/store.ts";

/** An object of a kind, as it comes out of the store: frozen. */
export type Obj<K extends string> =
  K extends Exclude<KindName, "*" | "roundsman/Cluster" | "roundsman/Canary"> ? ObjectOf<K> : KubeObject;

export interface NewMetadata {
  name?: string;
  generateName?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid: string;
    controller?: boolean;
    blockOwnerDeletion?: boolean;
  }[];
}

/** An object of a kind that is to be made. */
export type New<K extends string> = (K extends Exclude<KindName, "*" | "roundsman/Cluster" | "roundsman/Canary">
  ? Omit<Json<Kinds[K]>, "apiVersion" | "kind" | "metadata">
  : Record<string, unknown>) & { metadata: NewMetadata };

export interface Named {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** The cluster in the hands of those who act in it: typed, by kind, with all rights, past no rule but the finalizers. */
export interface Client {
  get<K extends string>(kind: K, named: Named): Obj<K> | undefined;
  list<K extends string>(kind: K, namespace?: string): readonly Obj<K>[];
  /** A status that is given is written right after. */
  create<K extends string>(kind: K, object: New<K>): Obj<K>;
  /** Writes everything, status too. Nothing happens when the object is gone: somebody may have deleted it. */
  edit<K extends string>(kind: K, named: Named, change: (draft: Obj<K>) => void): void;
  /** Nothing happens when it is gone already. */
  remove(kind: string, named: Named, options?: RemoveOptions): void;
}

export const resourceOf = ({ catalog }: Store, kind: string): Resource => {
  const slash = kind.lastIndexOf("/");
  const resource = catalog.ofKind(kind.slice(0, slash), kind.slice(slash + 1));
  if (!resource) throw new ApiError(404, "NotFound", `no kind "${kind}" is served`);
  return resource;
};

export function createClient(store: Store): Client {
  const { objects } = store;
  const current = (kind: string, { name, namespace }: Named) =>
    objects.get(resourceOf(store, kind).id, namespace, name);

  const edit: Client["edit"] = (kind, named, change) => {
    const before = current(kind, named);
    if (!before) return;
    const draft = thaw(before);
    change(draft as never);
    commit(objects, resourceOf(store, kind), before, draft);
  };

  return {
    get: (kind, named) => current(kind, named) as never,
    list: (kind, namespace) => objects.list(resourceOf(store, kind).id, namespace) as never,
    create(kind, { status, ...object }: any) {
      const slash = kind.lastIndexOf("/");
      const body = { apiVersion: kind.slice(0, slash), kind: kind.slice(slash + 1), ...object };
      const made = create(store, resourceOf(store, kind), object.metadata.namespace, body);
      if (status !== undefined) edit(kind, made.metadata, (draft: any) => Object.assign(draft, { status }));
      return objects.get(resourceOf(store, kind).id, made.metadata.namespace, made.metadata.name) as never;
    },
    edit,
    remove(kind, { name, namespace }, options) {
      try {
        remove(store, resourceOf(store, kind), namespace, name, options);
      } catch (error) {
        if (!isApiError(error, 404)) throw error;
      }
    },
  };
}
