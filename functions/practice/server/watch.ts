import type { ServerResponse } from "node:http";
import { type Cancel, every } from "../clock.ts";
import { between } from "../random.ts";
import { DEFINITIONS } from "../store/catalog.ts";
import type { KubeObject } from "../store/object.ts";
import type { Change } from "../store/objects.ts";
import { apiVersionOf, type Resource } from "../store/resources.ts";
import { ApiError, forbiddenField, invalidOptions, tooOld } from "../store/status.ts";
import type { Store } from "../store/store.ts";
import { type Form, present } from "./forms.ts";
import type { Behaviour } from "./knobs.ts";
import { integer, selection } from "./list.ts";

/** A client that reads slower than this (bytes waiting) is let go, as the API server does. */
const SLOW = 16 * 2 ** 20;

export interface WatchRequest {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly form: Form;
  readonly response: ServerResponse;
}

export interface WatchHub {
  open(request: WatchRequest): void;
  cut(resource?: string): number;
  stall(resource?: string): number;
  count(): number;
}

interface Watch {
  readonly request: WatchRequest;
  readonly matches: (object: KubeObject) => boolean;
  /** Changes up to here are not told: they are what the client has seen, or they lie ahead of us. */
  readonly after: number;
  readonly timers: Cancel[];
  stalled: boolean;
}

function initialState(query: URLSearchParams): {
  readonly revision: number;
  readonly everything: boolean;
  readonly marked: boolean;
} {
  const text = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.get("sendInitialEvents") === "true";
  if (match !== "" && !query.has("sendInitialEvents")) {
    throw invalidOptions("ListOptions", [
      forbiddenField(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
      ),
    ]);
  }
  if (initial && match !== "NotOlderThan") {
    throw invalidOptions("ListOptions", [
      forbiddenField("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
    ]);
  }
  if (text !== "" && !/^\d{1,15}$/.test(text)) {
    throw new ApiError(
      500,
      undefined,
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  const everything = initial || text === "" || text === "0";
  return { revision: Number(text), everything, marked: initial && query.get("allowWatchBookmarks") === "true" };
}

export function createWatchHub(store: Store, behaviour: Behaviour, bookmarkEvery: number): WatchHub {
  const { objects, clock, random } = store;
  const watches = new Set<Watch>();
  const bodies = { object: new WeakMap<KubeObject, string>(), metadata: new WeakMap<KubeObject, string>() };

  /** The object as text: made once for all who watch it. */
  const text = ({ resource, form }: WatchRequest, object: KubeObject): string => {
    const make = () => JSON.stringify(present(resource, object, form, clock.now()));
    if (form !== "metadata" && (form !== "object" || object.apiVersion !== apiVersionOf(resource))) return make();
    const known = bodies[form].get(object) ?? make();
    bodies[form].set(object, known);
    return known;
  };

  const end = (watch: Watch) => {
    if (!watches.delete(watch)) return;
    for (const cancel of watch.timers) cancel();
    watch.request.response.end();
  };

  const say = (watch: Watch, type: string, body: string) => {
    const { response } = watch.request;
    if (watch.stalled || response.destroyed) return;
    response.write(`{"type":"${type}","object":${body}}\n`);
    if (response.writableLength > SLOW) response.destroy();
  };

  const tell = (watch: Watch, type: string, object: KubeObject) => {
    if (behaviour.droppedShare > 0 && random() < behaviour.droppedShare) return;
    say(watch, type, text(watch.request, object));
  };

  const bookmark = (watch: Watch, annotations?: Record<string, string>) => {
    const { resource, form } = watch.request;
    const metadata = { resourceVersion: String(objects.revision()), ...(annotations && { annotations }) };
    const kind =
      form === "metadata"
        ? { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" }
        : { kind: resource.kind, apiVersion: apiVersionOf(resource) };
    const body =
      form === "table" || form === "table of objects"
        ? { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: [], rows: [] }
        : { ...kind, metadata };
    say(watch, "BOOKMARK", JSON.stringify(body));
  };

  /** What a change is to one watch: an object that leaves its selection is deleted for it. */
  const offer = (watch: Watch, { revision, resource, type, object, before }: Change) => {
    const { request, matches } = watch;
    if (resource !== request.resource.id || revision <= watch.after) return;
    if (request.namespace !== undefined && object.metadata.namespace !== request.namespace) return;
    const is = type !== "DELETED" && matches(object);
    const was = type === "DELETED" ? matches(before ?? object) : before !== undefined && matches(before);
    if (is) tell(watch, was ? "MODIFIED" : "ADDED", object);
    else if (was && type === "DELETED") tell(watch, "DELETED", object);
    else if (was && before) {
      tell(watch, "DELETED", {
        ...before,
        metadata: { ...before.metadata, resourceVersion: object.metadata.resourceVersion },
      });
    }
  };

  objects.subscribe((change) => {
    for (const watch of watches) offer(watch, change);
    if (change.resource !== DEFINITIONS || change.type !== "DELETED") return;
    // Its kind is served no more.
    for (const watch of watches) if (watch.request.resource.id === change.object.metadata.name) end(watch);
  });

  const timed = (watch: Watch) => {
    const { query } = watch.request;
    const asked = integer(query, "timeoutSeconds") ?? 0;
    const seconds = asked > 0 ? asked : between(random, 1800, 3600);
    watch.timers.push(clock.after(seconds * 1000, () => !watch.stalled && end(watch)));
    if (query.get("allowWatchBookmarks") !== "true") return;
    const mark = () => !behaviour.bookmarksPaused && bookmark(watch);
    watch.timers.push(every(clock, bookmarkEvery, mark));
    // A last one, so that the client may resume from where it stood.
    if (seconds > 2) watch.timers.push(clock.after((seconds - 2) * 1000, mark));
  };

  const of = (resource: string | undefined): Watch[] =>
    [...watches].filter((watch) => resource === undefined || watch.request.resource.id === resource);

  return {
    open(request) {
      const { resource, namespace, query, response } = request;
      const { matches } = selection(resource, query);
      const { revision, everything, marked } = initialState(query);
      integer(query, "timeoutSeconds");
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
      response.flushHeaders();
      const watch: Watch = {
        request,
        matches,
        after: Math.max(revision, everything ? objects.revision() : 0),
        timers: [],
        stalled: false,
      };
      const missed = everything ? [] : objects.since(revision);
      if (!missed) {
        say(watch, "ERROR", JSON.stringify(tooOld(revision, objects.revision()).status));
        response.end();
        return;
      }
      watches.add(watch);
      response.on("close", () => end(watch));
      if (everything)
        for (const object of objects.list(resource.id, namespace).filter(matches)) tell(watch, "ADDED", object);
      for (const change of missed) offer(watch, change);
      if (marked) bookmark(watch, { "k8s.io/initial-events-end": "true" });
      timed(watch);
    },
    cut(resource) {
      const cut = of(resource);
      for (const watch of cut) end(watch);
      return cut.length;
    },
    stall(resource) {
      const stalled = of(resource);
      for (const watch of stalled) watch.stalled = true;
      return stalled.length;
    },
    count: () => watches.size,
  };
}
