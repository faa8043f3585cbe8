import type { Resource } from "../store/resources.ts";
import { badRequest, methodNotAllowed, noSuchResource } from "../store/status.ts";
import type { Store } from "../store/store.ts";

/** The parts of a path under /api or /apis. */
export interface ApiPath {
  readonly root: "api" | "apis";
  readonly group: string;
  readonly version: string;
  /** What follows the version. */
  readonly rest: readonly string[];
}

/** What a request wants of which object or collection. */
export interface ApiRequest {
  readonly verb: string;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
}

const VERBS: Readonly<Record<string, readonly [collection: string, one: string]>> = {
  GET: ["list", "get"],
  POST: ["create", ""], // but for what is created below a name: an eviction
  PUT: ["", "update"],
  PATCH: ["", "patch"],
  DELETE: ["deletecollection", "delete"],
};

function segments(path: string): string[] {
  try {
    return path
      .split("/")
      .filter(Boolean)
      .map((segment) => decodeURIComponent(segment));
  } catch (cause) {
    throw badRequest(`invalid path: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** undefined when the path leads to no API group. */
export function apiPath(pathname: string): ApiPath | undefined {
  const [root, ...parts] = segments(pathname);
  if (root === "api") return { root, group: "", version: parts[0] ?? "", rest: parts.slice(1) };
  if (root === "apis") return { root, group: parts[0] ?? "", version: parts[1] ?? "", rest: parts.slice(2) };
  return undefined;
}

function located(rest: readonly string[]): {
  plural: string;
  namespace?: string;
  name?: string;
  subresource?: string;
  more: boolean;
} {
  const namespaced = rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize";
  const [plural = "", name, subresource, ...more] = namespaced ? rest.slice(2) : rest;
  return {
    plural,
    ...(namespaced && { namespace: rest[1] as string }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
    more: more.length > 0,
  };
}

/** Finds what is asked for, or says that nothing is there or that it can't be done. */
export function apiRequest(
  { catalog }: Store,
  method: string,
  { group, version, rest }: ApiPath,
  query: URLSearchParams,
): ApiRequest {
  const { plural, namespace, name, subresource, more } = located(rest);
  const resource = catalog.served(group, version, plural);
  if (!resource || more || (namespace !== undefined && !resource.namespaced)) throw noSuchResource();
  if (name !== undefined && resource.namespaced && namespace === undefined) throw noSuchResource();
  if (subresource !== undefined && !(resource.subresources as readonly string[]).includes(subresource))
    throw noSuchResource();
  const watching = method === "GET" && name === undefined && ["true", "1"].includes(query.get("watch") ?? "");
  const evicting = subresource === "eviction";
  const usual = watching ? "watch" : (VERBS[method]?.[name === undefined ? 0 : 1] ?? "");
  const verb = evicting ? (method === "POST" ? "create" : "") : usual;
  const everywhere = resource.namespaced && namespace === undefined;
  const impossible = everywhere && verb !== "list" && verb !== "watch";
  // A definition on its way out still lets go of what it has: finalizers are taken off by patch or update.
  const known = resource.verbs.includes(verb) || resource.terminating || subresource !== undefined;
  if (verb === "" || impossible || !known) throw methodNotAllowed();
  return { verb, resource, namespace, name, subresource, query };
}
