import type { KubeObject } from "../store/object.ts";
import { apiVersionOf, type Resource } from "../store/resources.ts";
import { ApiError } from "../store/status.ts";
import { tableOf } from "./table.ts";

/** In which form an object is wanted: whole, only its metadata, or as rows for people; rows may bring the whole object. */
export type Form = "object" | "metadata" | "table" | "table of objects";

export interface Wish {
  readonly list: boolean;
  readonly watch?: boolean;
  readonly kind: string;
  readonly query: URLSearchParams;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function parseAccept(header: string | undefined): readonly MediaRange[] {
  return (header ?? "*/*").split(",").map((range) => {
    const [type = "", ...rest] = range.split(";").map((part) => part.trim());
    const parameters = Object.fromEntries(rest.map((part) => part.split("=", 2).map((half) => half.trim())));
    return { type, parameters };
  });
}

const isJson = (type: string) => type === "application/json" || type === "*/*" || type === "application/*";

const notAcceptable = (message: string) => new ApiError(406, "NotAcceptable", message);

const NOT_ACCEPTABLE =
  "406: Not Acceptable\n\nAvailable representations: application/json, application/json;stream=watch";

/** The first form the client asks for that is to be had. `list` = what is wanted is a list; `watch` = a stream of objects. */
export function negotiate(header: string | undefined, wanted: Wish): Form {
  for (const { type, parameters } of parseAccept(header)) {
    if (!isJson(type)) continue;
    const { as, g, v } = parameters;
    if (as === undefined) return "object";
    if (g !== "meta.k8s.io" || v !== "v1") continue;
    if (as === "Table") return wanted.query.get("includeObject") === "Object" ? "table of objects" : "table";
    if (as === "PartialObjectMetadataList") {
      if (wanted.list) return "metadata";
      throw notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (${wanted.kind})`,
      );
    }
    if (as === "PartialObjectMetadata") {
      if (!wanted.list || wanted.watch) return "metadata";
      throw notAcceptable(
        `you requested PartialObjectMetadata, but the requested object is a list (${wanted.kind}List)`,
      );
    }
  }
  throw notAcceptable(NOT_ACCEPTABLE);
}

/** The object in the version it was asked for. */
export const inVersion = (resource: Resource, object: KubeObject): KubeObject =>
  object.apiVersion === apiVersionOf(resource) ? object : { ...object, apiVersion: apiVersionOf(resource) };

export const metadataOnly = (object: KubeObject) => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: object.metadata,
});

export function present(resource: Resource, object: KubeObject, form: Form, now: number): unknown {
  if (form === "metadata") return metadataOnly(object);
  if (form !== "object")
    return tableOf(resource, [object], { resourceVersion: object.metadata.resourceVersion }, now, form);
  return inVersion(resource, object);
}

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Items of built-in kinds do not say what they are; custom ones do. */
export function presentList(
  resource: Resource,
  items: readonly KubeObject[],
  metadata: ListMetadata,
  form: Form,
  now: number,
): unknown {
  if (form === "metadata") {
    return {
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata,
      items: items.map(metadataOnly),
    };
  }
  if (form !== "object") return tableOf(resource, items, metadata, now, form);
  const bare = ({ apiVersion: _, kind: __, ...rest }: KubeObject) => rest;
  return {
    kind: resource.listKind,
    apiVersion: apiVersionOf(resource),
    metadata: resource.custom ? { continue: "", ...metadata } : metadata,
    items: items.map((object) => (resource.custom ? inVersion(resource, object) : bare(object))),
  };
}
