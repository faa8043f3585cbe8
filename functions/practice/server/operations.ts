import type { IncomingMessage } from "node:http";
import { create } from "../store/create.ts";
import { evict } from "../store/evict.ts";
import { isRecord, type KubeObject } from "../store/object.ts";
import { applyPatch, PATCH_TYPES, patch } from "../store/patch/patch.ts";
import { type RemoveOptions, remove } from "../store/remove.ts";
import { rescale, scaleOf } from "../store/scale.ts";
import { ApiError, isStatus, notFound, tooLarge } from "../store/status.ts";
import type { Store } from "../store/store.ts";
import { type UpdateOptions, update } from "../store/update.ts";
import { mediaType, objectBody, parseBody, readBody } from "./body.ts";
import { negotiate, present, presentList } from "./forms.ts";
import { integer, list } from "./list.ts";
import type { ApiRequest } from "./request.ts";

export interface Answer {
  readonly code: number;
  readonly body: unknown;
}

type Operation = (store: Store, request: ApiRequest, http: IncomingMessage) => Answer | Promise<Answer>;

const named = ({ name }: ApiRequest): string => name as string;

const answer = (
  store: Store,
  { resource, query }: ApiRequest,
  http: IncomingMessage,
  object: KubeObject,
  code = 200,
): Answer => {
  if (object.kind === "Scale" || isStatus(object)) return { code, body: object };
  const form = negotiate(http.headers.accept, { list: false, kind: resource.kind, query });
  return { code, body: present(resource, object, form, store.clock.now()) };
};

const options = ({ query, subresource }: ApiRequest): UpdateOptions => ({
  dry: query.get("dryRun") === "All",
  ...((subresource === "status" || subresource === "finalize") && { subresource }),
});

const get: Operation = (store, request, http) => {
  const { resource, namespace, subresource, query } = request;
  const revision = Number(query.get("resourceVersion") ?? 0);
  if (revision > store.objects.revision()) throw tooLarge(revision, store.objects.revision());
  const object = store.objects.get(resource.id, namespace, named(request));
  if (!object) throw notFound(resource, named(request));
  return answer(store, request, http, subresource === "scale" ? scaleOf(object) : object);
};

const listing: Operation = (store, { resource, namespace, query }, http) => {
  const form = negotiate(http.headers.accept, { list: true, kind: resource.kind, query });
  const { items, metadata } = list(store, resource, namespace, query);
  return { code: 200, body: presentList(resource, items, metadata, form, store.clock.now()) };
};

const making: Operation = async (store, request, http) => {
  const { resource, namespace, subresource } = request;
  const body = await objectBody(http, subresource === "eviction" ? "Eviction" : resource.kind);
  if (subresource === "eviction") return { code: 201, body: evict(store, resource, namespace, named(request), body) };
  return answer(store, request, http, create(store, resource, namespace, body, options(request)), 201);
};

const updating: Operation = async (store, request, http) => {
  const { resource, namespace, subresource } = request;
  const body = await objectBody(http, resource.kind);
  if (subresource === "scale")
    return answer(
      store,
      request,
      http,
      rescale(store, resource, namespace, named(request), () => body, options(request)),
    );
  return answer(store, request, http, update(store, resource, namespace, named(request), body, options(request)));
};

const patching: Operation = async (store, request, http) => {
  const { resource, namespace, subresource } = request;
  const type = PATCH_TYPES[mediaType(http)];
  if (type === undefined) throw new ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  const body = parseBody(await readBody(http), resource.kind);
  const changed =
    subresource === "scale"
      ? rescale(store, resource, namespace, named(request), (scale) => applyPatch(type, scale, body), {
          ...options(request),
          patched: true,
        })
      : patch(store, resource, namespace, named(request), type, body, options(request));
  return answer(store, request, http, changed);
};

/** DeleteOptions, which may come in the body or in the query. */
async function removeOptions(request: ApiRequest, http: IncomingMessage): Promise<RemoveOptions> {
  const empty = http.headers["transfer-encoding"] === undefined && Number(http.headers["content-length"] ?? 0) === 0;
  const body = empty ? {} : await objectBody(http, "DeleteOptions");
  const sent = (isRecord(body) ? body : {}) as RemoveOptions & { dryRun?: readonly string[] };
  return {
    preconditions: sent.preconditions,
    propagationPolicy: sent.propagationPolicy ?? request.query.get("propagationPolicy") ?? undefined,
    gracePeriodSeconds: sent.gracePeriodSeconds ?? integer(request.query, "gracePeriodSeconds"),
    dry: sent.dryRun?.includes("All") || request.query.get("dryRun") === "All",
  };
}

const deleting: Operation = async (store, request, http) => {
  const { resource, namespace } = request;
  const gone = remove(store, resource, namespace, named(request), await removeOptions(request, http));
  return answer(store, request, http, gone as KubeObject);
};

const deletingAll: Operation = async (store, request, http) => {
  const { resource, namespace, query } = request;
  const removal = await removeOptions(request, http);
  const { items, metadata } = list(store, resource, namespace, query);
  for (const object of items) remove(store, resource, namespace, object.metadata.name, removal);
  return { code: 200, body: presentList(resource, items, metadata, "object", store.clock.now()) };
};

/** All but watch, by Kubernetes' verb. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  get,
  list: listing,
  create: making,
  update: updating,
  patch: patching,
  delete: deleting,
  deletecollection: deletingAll,
};
