import { type Discovery, findResource, type Resource } from "#broker/kube/index.ts";
import { isInAll } from "#broker/table/tables.ts";
import { isOwnKind } from "#sdk/case/own-kinds.ts";
import type { Read } from "#sdk/case/read.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import { kindsOf } from "#sdk/resources/instances.ts";
import type { CheckError } from "#sdk/terms.ts";

/** One list and watch. */
export interface Stream {
  /** "apiVersion/Kind". */
  readonly kind: string;
  readonly of: { readonly apiVersion: string; readonly kind: string };
  readonly path: string;
  readonly metadataOnly: boolean;
  readonly fieldSelector?: string;
}

export interface StreamPlan {
  readonly streams: readonly Stream[];
  /** Kinds that are not served, and what follows: `empty` = a custom kind that is not installed. */
  readonly absent: ReadonlyMap<string, "empty" | CheckError>;
  /** Kinds that `*` reads. */
  readonly all: ReadonlySet<string>;
}

/** Read for what scopes need, whether a case reads them or not. */
export const SCOPE_KINDS = ["v1/Namespace", "v1/Node"];

const canBeWatched = ({ verbs }: Resource) => verbs.includes("list") && verbs.includes("watch");
const kindName = ({ apiVersion, kind }: Resource) => `${apiVersion}/${kind}`;

/** Groups that Kubernetes itself brings: if such a kind is not served, it is no custom kind that could be installed. */
const isBuiltIn = (kind: string): boolean => {
  const parts = kind.split("/");
  const group = parts.length === 3 ? parts[0]! : "";
  return !group.includes(".") || (group.endsWith(".k8s.io") && BUILT_IN.has(group));
};
const BUILT_IN = new Set([
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

/** Events come in floods. Where every read of them names its reasons, only those are asked for. */
function eventReasons(reads: readonly Read[]): string[] | undefined {
  const reasons = new Set<string>();
  for (const { where } of reads) {
    const anyOf = [where ?? {}].flat();
    for (const all of anyOf) {
      const reason: unknown = (all as Record<string, unknown>).reason;
      const values = [reason].flat();
      if (!values.every((value) => typeof value === "string" && /^[A-Za-z0-9]{1,64}$/.test(value))) return undefined;
      for (const value of values) reasons.add(value as string);
    }
  }
  return reasons.size > 0 && reasons.size <= 8 ? [...reasons] : undefined;
}

/** Which lists and watches serve these instances. `namespaces`: only there, for what stands in namespaces. */
export function planStreams(
  discovery: Discovery,
  instances: readonly Instance[],
  customKinds: ReadonlySet<string> | undefined,
  namespaces: readonly string[] | undefined,
): StreamPlan {
  const reads = instances.flatMap(({ manifest }) => Object.values(manifest.reads));
  const wanted = new Set([...SCOPE_KINDS, ...instances.flatMap(({ manifest }) => kindsOf(manifest))]);
  const readsAll = wanted.delete("*");
  for (const kind of wanted) if (isOwnKind(kind)) wanted.delete(kind);
  const streams: Stream[] = [];
  const absent = new Map<string, "empty" | CheckError>();
  const add = (resource: Resource, metadataOnly: boolean) => {
    const kind = kindName(resource);
    const base = { kind, of: { apiVersion: resource.apiVersion, kind: resource.kind }, metadataOnly };
    const paths =
      namespaces && resource.namespaced ? namespaces.map((name) => inNamespace(resource, name)) : [resource.path];
    const ofKind = reads.filter((read) => ([read.kind ?? []].flat() as string[]).includes(kind));
    const reasons = kind === "v1/Event" ? eventReasons(ofKind) : undefined;
    for (const path of paths)
      for (const reason of reasons ?? [undefined])
        streams.push({ ...base, path, ...(reason !== undefined && { fieldSelector: `reason=${reason}` }) });
  };
  for (const kind of wanted) {
    const resource = findResource(discovery, kind);
    if (resource && canBeWatched(resource)) add(resource, false);
    else if (!SCOPE_KINDS.includes(kind)) absent.set(kind, whyAbsent(kind, resource, discovery, customKinds));
  }
  const all = new Set<string>();
  if (readsAll)
    for (const resource of discovery.resources) {
      const kind = kindName(resource);
      if (!resource.preferred || !canBeWatched(resource) || !isInAll(kind)) continue;
      all.add(kind);
      if (!wanted.has(kind)) add(resource, true);
    }
  return { streams, absent, all };
}

const inNamespace = ({ path, plural }: Resource, namespace: string): string =>
  `${path.slice(0, -plural.length)}namespaces/${encodeURIComponent(namespace)}/${plural}`;

function whyAbsent(
  kind: string,
  resource: Resource | undefined,
  discovery: Discovery,
  customKinds: ReadonlySet<string> | undefined,
): "empty" | CheckError {
  const group = kind.split("/").slice(0, -2).join("/");
  const failed = discovery.failed.find((one) => one.group.split("/")[0] === group);
  if (failed) return { code: "kind-unserved", message: `${kind} is not served now: ${failed.message}` };
  if (resource) return { code: "kind-unwatchable", message: `${kind} is served, but cannot be listed and watched` };
  const name = kind.slice(kind.lastIndexOf("/") + 1);
  if (isBuiltIn(kind)) return { code: "kind-unserved", message: `${kind} is not served by this API server` };
  if (!customKinds)
    return {
      code: "kind-unserved",
      message: `${kind} is not served, and whether it is installed may not be asked: grant list on customresourcedefinitions`,
    };
  if (customKinds.has(`${group}/${name}`))
    return { code: "kind-unserved", message: `${kind} has a definition, but is not served in that version` };
  return "empty";
}
