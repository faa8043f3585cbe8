/** What a request means to the API server's authorizer, read from its method and path. */

export interface Described {
  readonly verb: string;
  /** "" = the core group. Absent for paths that are no resource, such as /version. */
  readonly group?: string;
  /** With its subresource, such as `pods/status`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path: string;
}

const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

export function describeRequest(method: string, pathAndQuery: string): Described {
  const [path = "", query = ""] = pathAndQuery.split("?");
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const plain = { verb: method.toLowerCase(), path };
  const core = parts[0] === "api";
  if (!core && parts[0] !== "apis") return plain;
  let rest = parts.slice(core ? 2 : 3);
  if (rest.length === 0) return plain; // discovery
  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest.length > 2 && !["status", "finalize"].includes(rest[2]!)) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [resource, name, subresource] = rest;
  const watch = /(^|&)watch=(true|1)(&|$)/.test(query);
  const read = watch ? "watch" : name === undefined ? "list" : "get";
  const verb = method === "GET" ? read : (VERBS[method] ?? method.toLowerCase());
  return {
    verb: verb === "delete" && name === undefined ? "deletecollection" : verb,
    group: core ? "" : parts[1]!,
    resource: subresource === undefined ? resource! : `${resource}/${subresource}`,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    path,
  };
}

/** The role rule that allows it, as YAML on one line. */
export function ruleFor({ verb, group, resource, path }: Described): string {
  if (resource === undefined) return `{nonResourceURLs: [${JSON.stringify(path)}], verbs: [${verb}]}`;
  return `{apiGroups: [${JSON.stringify(group)}], resources: [${resource}], verbs: [${verb}]}`;
}

/** `pods`, `deployments.apps "web" in namespace shop`, `/version`. */
export function resourceText({ group, resource, namespace, name, path }: Described): string {
  if (resource === undefined) return path;
  const which = name === undefined ? "" : ` "${name}"`;
  return `${group ? `${resource}.${group}` : resource}${which}${namespace === undefined ? "" : ` in namespace ${namespace}`}`;
}
