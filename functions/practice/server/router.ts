import type { IncomingMessage, ServerResponse } from "node:http";
import { forbidden, noSuchResource } from "../store/status.ts";
import type { Store } from "../store/store.ts";
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions, type Served } from "./discovery.ts";
import { negotiate, parseAccept } from "./forms.ts";
import { type Behaviour, isForbidden } from "./knobs.ts";
import { OPERATIONS } from "./operations.ts";
import { type ApiPath, type ApiRequest, apiPath, apiRequest } from "./request.ts";
import type { createRequestLog } from "./request-log.ts";
import { REVIEW_PATH, REVIEWS, selfSubjectAccessReview } from "./reviews.ts";
import { send, TEXT } from "./send.ts";
import { unavailable } from "./unavailable.ts";
import type { WatchHub } from "./watch.ts";

/** The version that the answers were compared with. */
export const VERSION = {
  major: "1",
  minor: "34",
  gitVersion: "v1.34.4",
  gitCommit: "practice",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "go1.26.8",
  compiler: "gc",
  platform: "linux/amd64",
};

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const HEALTH = new Set(["/livez", "/readyz", "/healthz"]);
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export interface RouterOptions {
  readonly store: Store;
  readonly behaviour: Behaviour;
  readonly hub: WatchHub;
  readonly log: ReturnType<typeof createRequestLog>;
}

/** The whole group list, one group, or one version of it. */
function discovery(http: IncomingMessage, served: Served, path: ApiPath): unknown {
  const core = path.root === "api";
  if (path.version !== "") return apiResourceList(served, path.group, path.version);
  if (!core && path.group !== "") return apiGroup(served, path.group);
  for (const { parameters } of parseAccept(http.headers.accept)) {
    if (parameters.as === undefined) break;
    const wanted = parameters.as === "APIGroupDiscoveryList" && parameters.g === "apidiscovery.k8s.io";
    if (wanted && parameters.v === "v2") return aggregatedDiscovery(served, core);
  }
  return core ? apiVersions(http.headers.host ?? "") : apiGroupList(served);
}

/** Throws 403 where a test forbade it. */
function authorize(behaviour: Behaviour, { verb, resource, namespace, name, subresource }: ApiRequest): void {
  if (!isForbidden(behaviour, resource.id, verb)) return;
  const what = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  throw forbidden(
    resource,
    name,
    `User "practice" cannot ${verb} resource "${what}" in API group "${resource.group}" ${where}`,
  );
}

/** Leads a request to what answers it. What it throws is an ApiError, or a defect. */
export function createRouter({ store, behaviour, hub, log }: RouterOptions) {
  const served = (): Served => {
    const failing = store.catalog.all().filter(({ group }) => behaviour.failing.has(group));
    return { resources: store.catalog.all(), stale: [...unavailable(store), ...failing] };
  };

  const note = (verb: string, path: string, more: { resource?: string; namespace?: string; name?: string } = {}) =>
    log.add({ at: store.clock.now(), verb, ...more, path });

  const resource = async (http: IncomingMessage, response: ServerResponse, url: URL, path: ApiPath) => {
    const request = apiRequest(store, http.method ?? "GET", path, url.searchParams);
    const { verb, resource, namespace, name, subresource, query } = request;
    note(verb, url.pathname, {
      resource: subresource === undefined ? resource.id : `${resource.id}/${subresource}`,
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
    });
    authorize(behaviour, request);
    if (verb === "watch") {
      const form = negotiate(http.headers.accept, { list: true, watch: true, kind: resource.kind, query });
      return hub.open({ resource, namespace, query, form, response });
    }
    const operation = OPERATIONS[verb];
    if (!operation) throw noSuchResource();
    const { code, body } = await operation(store, request, http);
    send(response, code, body);
  };

  const api = async (http: IncomingMessage, response: ServerResponse, url: URL, path: ApiPath) => {
    const known = served();
    const among = (list: Served["resources"] | Served["stale"]) => list.some(({ group }) => group === path.group);
    if (path.group !== "" && !among(known.resources) && !among(known.stale))
      return send(response, 404, "404 page not found\n", TEXT);
    const down = known.stale.some(({ group, version }) => group === path.group && version === path.version);
    if (path.version !== "" && down) return send(response, 503, "service unavailable\n", TEXT);
    if (path.rest.length > 0) return resource(http, response, url, path);
    note((http.method ?? "GET").toLowerCase(), url.pathname);
    const body = http.method === "GET" || http.method === "HEAD" ? discovery(http, known, path) : undefined;
    if (body === undefined) throw noSuchResource();
    const aggregated = (body as { kind?: string }).kind === "APIGroupDiscoveryList";
    send(response, 200, body, aggregated ? AGGREGATED : undefined);
  };

  return async (http: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A page in somebody's browser may reach loopback under a name of its own.
    if (!LOOPBACK.test(http.headers.host ?? ""))
      return send(response, 403, "this server answers on loopback only\n", TEXT);
    const url = new URL(http.url ?? "/", "http://practice");
    if (behaviour.latency > 0) await new Promise<void>((resolve) => store.clock.after(behaviour.latency, resolve));
    if (url.pathname === REVIEW_PATH && http.method === "POST") {
      note("create", url.pathname, { resource: REVIEWS });
      const { code, body } = await selfSubjectAccessReview(behaviour, http);
      return send(response, code, body);
    }
    const path = apiPath(url.pathname);
    if (path) return api(http, response, url, path);
    note((http.method ?? "GET").toLowerCase(), url.pathname);
    if (url.pathname === "/version") return send(response, 200, VERSION);
    if (HEALTH.has(url.pathname)) return send(response, 200, "ok", TEXT);
    send(response, 404, "404 page not found\n", TEXT);
  };
}
