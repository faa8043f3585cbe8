/** Writes that say which state they mean: what was seen under that uid and resourceVersion, or nothing happens. */
import { fault } from "#sdk/errors.ts";
import type { KubeClient } from "./client.ts";
import { isRecord } from "./fields.ts";
import { type KubeObject, orMalformed, readObject } from "./objects.ts";

/** The state that a write means. What was changed, or made anew under the name, since then is a `kube-conflict`. */
export interface Seen {
  readonly uid: string;
  readonly resourceVersion: string;
}

export type PatchKind = "merge" | "strategic" | "json";

export interface RemoveOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
}

/** Rejects as the client does: a `kube-conflict` means that nothing was done. */
export interface Writer {
  /** `path` = the collection's. */
  create(path: string, object: object, options?: WriteOptions): Promise<KubeObject>;
  /** PUT. The object carries the uid and resourceVersion that were seen. `path` may be a subresource's. */
  update(path: string, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Of a JSON patch, `change` is its list of operations. `path` may be a subresource's. */
  patch(path: string, kind: PatchKind, change: object, seen: Seen, options?: WriteOptions): Promise<KubeObject>;
  /** Server-side apply: makes it, or changes the fields that are named; `force` takes them from other managers. */
  apply(path: string, object: object, options?: WriteOptions & { readonly force?: boolean }): Promise<KubeObject>;
  remove(path: string, seen: Seen, options?: RemoveOptions & WriteOptions): Promise<void>;
  /** As a delete that disruption budgets may refuse: `kube-throttled`. `path` = the pod's. */
  evict(
    path: string,
    pod: KubeObject,
    options?: Pick<RemoveOptions, "gracePeriodSeconds"> & WriteOptions,
  ): Promise<void>;
}

const TYPES: Readonly<Record<PatchKind, string>> = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
};

/** What an object says of itself. @throws kube-malformed where the server did not say it */
export function seenOf({ metadata }: KubeObject): Seen {
  const { uid, resourceVersion } = metadata;
  if (!uid || !resourceVersion)
    throw fault("kube-malformed", {
      server: "The API server",
      what: `the uid and resourceVersion of ${metadata.name}`,
    });
  return { uid, resourceVersion };
}

/** `manager` is who the API server notes as having set a field. */
export function createWriter(client: Pick<KubeClient, "request" | "access">, manager: string): Writer {
  const send = async (method: string, path: string, type: string, body: object, options: WriteOptions = {}) => {
    const { text } = await client.request({
      method,
      path,
      headers: { "content-type": type },
      body: JSON.stringify(body),
      ...(options.signal && { signal: options.signal }),
    });
    return orMalformed(client.access.server, `${method} ${path}`, () => {
      const value = readObject(Buffer.from(text));
      return isRecord(value) ? (value as unknown as KubeObject) : undefined;
    });
  };
  const managed = (path: string, more = "") => `${path}?fieldManager=${encodeURIComponent(manager)}${more}`;

  return {
    create: (path, object, options) => send("POST", managed(path), "application/json", object, options),
    update(path, object, options) {
      seenOf(object);
      return send("PUT", managed(path), "application/json", object, options);
    },
    patch: (path, kind, change, seen, options) =>
      send("PATCH", managed(path), TYPES[kind], withSeen(kind, change, seen), options),
    apply: (path, object, { force = false, ...options } = {}) =>
      // JSON is YAML, which is the only media type that apply is known under.
      send("PATCH", managed(path, `&force=${force}`), "application/apply-patch+yaml", object, options),
    async remove(path, { uid, resourceVersion }, { signal, ...how } = {}) {
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid, resourceVersion }, ...how };
      await send("DELETE", path, "application/json", body, signal && { signal });
    },
    async evict(path, pod, { signal, ...how } = {}) {
      const { name, namespace } = pod.metadata;
      const body = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name, namespace },
        deleteOptions: { preconditions: seenOf(pod), ...how },
      };
      await send("POST", `${path}/eviction`, "application/json", body, signal && { signal });
    },
  };
}

function withSeen(kind: PatchKind, change: object, { uid, resourceVersion }: Seen): object {
  if (kind !== "json") {
    const { metadata } = change as { readonly metadata?: object };
    return { ...change, metadata: { ...metadata, uid, resourceVersion } };
  }
  // A test that fails is a 422; a resourceVersion that is not the object's is a 409, and tells more.
  return [
    ...(change as readonly object[]),
    { op: "replace", path: "/metadata/uid", value: uid },
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
  ];
}
