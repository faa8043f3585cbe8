import type { Target } from "#sdk/operation/request.ts";

/** What operations are done to, and where it is found. */
interface Kind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** As targets and operations name them: apiVersion/kind. Their rights can be named, so no other kinds are touched. */
export const KINDS = {
  "v1/Node": { group: "", version: "v1", plural: "nodes", namespaced: false },
  "v1/Pod": { group: "", version: "v1", plural: "pods", namespaced: true },
  "apps/v1/Deployment": { group: "apps", version: "v1", plural: "deployments", namespaced: true },
  "apps/v1/StatefulSet": { group: "apps", version: "v1", plural: "statefulsets", namespaced: true },
  "apps/v1/DaemonSet": { group: "apps", version: "v1", plural: "daemonsets", namespaced: true },
} as const satisfies Readonly<Record<string, Kind>>;
export type KindName = keyof typeof KINDS;

const isKind = (name: string): name is KindName => Object.hasOwn(KINDS, name);

/** A target need not say its apiVersion: of these kinds each stands in one group. */
export function kindOf({ apiVersion, kind }: Pick<Target, "apiVersion" | "kind">): KindName | undefined {
  if (apiVersion !== undefined)
    return isKind(`${apiVersion}/${kind}`) ? (`${apiVersion}/${kind}` as KindName) : undefined;
  return (Object.keys(KINDS) as KindName[]).find((name) => name.endsWith(`/${kind}`));
}

/** Where all of a kind, or of one namespace, is listed. */
export function collectionPath(name: KindName, namespace?: string): string {
  const { group, version, plural } = KINDS[name];
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

export const objectPath = (name: KindName, { namespace, name: object }: { namespace?: string; name: string }): string =>
  `${collectionPath(name, KINDS[name].namespaced ? namespace : undefined)}/${encodeURIComponent(object)}`;

/** `Node/shop-1`, `Pod shop/web-0`: for people. */
export const sayTarget = ({ kind, namespace, name }: Pick<Target, "kind" | "namespace" | "name">): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
