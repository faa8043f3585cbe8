import { apiVersionOf, type Resource } from "../store/resources.ts";

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** What discovery tells: what is served, and what should be and is not. */
export interface Served {
  readonly resources: readonly Resource[];
  readonly stale: readonly GroupVersion[];
}

interface Group {
  readonly name: string;
  readonly versions: readonly string[];
}

const isStale = ({ stale }: Served, { group, version }: GroupVersion) =>
  stale.some((one) => one.group === group && one.version === version);

/** Groups in the order they are served, each with its preferred version first. */
export function groupsOf({ resources, stale }: Served): readonly Group[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of [...resources, ...stale])
    groups.set(group, (groups.get(group) ?? new Set()).add(version));
  return [...groups].map(([name, versions]) => ({ name, versions: [...versions] }));
}

const groupVersion = (group: string, version: string) => ({ groupVersion: apiVersionOf({ group, version }), version });

const legacyGroup = ({ name, versions }: Group) => ({
  name,
  versions: versions.map((version) => groupVersion(name, version)),
  preferredVersion: groupVersion(name, versions[0] as string),
});

export const apiVersions = (address: string) => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
});

export const apiGroupList = (served: Served) => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groupsOf(served)
    .filter(({ name }) => name !== "")
    .map(legacyGroup),
});

export function apiGroup(served: Served, name: string): unknown {
  const group = groupsOf(served).find((one) => one.name === name);
  return group && { kind: "APIGroup", apiVersion: "v1", ...legacyGroup(group) };
}

const listed = ({ shortNames, categories }: Resource) => ({
  ...(shortNames.length > 0 && { shortNames }),
  ...(categories.length > 0 && { categories }),
});

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" } as const;
const EVICTION = { group: "policy", version: "v1", kind: "Eviction" } as const;
const verbsOf = (subresource: string) =>
  subresource === "eviction" ? ["create"] : subresource === "finalize" ? ["update"] : ["get", "patch", "update"];
/** Subresources that are of a kind of their own. */
const KINDS: Readonly<Record<string, typeof SCALE | typeof EVICTION>> = { scale: SCALE, eviction: EVICTION };

/** undefined when nothing is served in that group and version. */
export function apiResourceList({ resources }: Served, group: string, version: string): unknown {
  const own = resources.filter((one) => one.group === group && one.version === version);
  if (own.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    ...(group !== "" && { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: own.flatMap((resource) => [
      {
        name: resource.plural,
        singularName: resource.singular,
        namespaced: resource.namespaced,
        kind: resource.kind,
        verbs: resource.verbs,
        ...listed(resource),
      },
      ...resource.subresources.map((subresource) => ({
        name: `${resource.plural}/${subresource}`,
        singularName: "",
        namespaced: resource.namespaced,
        ...(KINDS[subresource] ?? { kind: resource.kind }),
        verbs: verbsOf(subresource),
      })),
    ]),
  };
}

/** Custom kinds say their group and version; built-in ones leave them out. */
const responseKind = ({ custom, group, version, kind }: Resource) =>
  custom ? { group, version, kind } : { group: "", version: "", kind };

const discovered = (resource: Resource) => ({
  resource: resource.plural,
  responseKind: responseKind(resource),
  scope: resource.namespaced ? "Namespaced" : "Cluster",
  singularResource: resource.singular,
  verbs: resource.verbs,
  ...listed(resource),
  ...(resource.subresources.length > 0 && {
    subresources: resource.subresources.map((subresource) => ({
      subresource,
      responseKind: KINDS[subresource] ?? responseKind(resource),
      verbs: verbsOf(subresource),
    })),
  }),
});

/** Everything at once: what newer clients ask for. `core` = /api, else /apis. */
export function aggregatedDiscovery(served: Served, core: boolean): unknown {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groupsOf(served)
      .filter(({ name }) => (name === "") === core)
      .map(({ name, versions }) => ({
        metadata: core ? {} : { name },
        versions: versions.map((version) => {
          if (isStale(served, { group: name, version })) return { version, freshness: "Stale" };
          const own = served.resources.filter((one) => one.group === name && one.version === version);
          return { version, resources: own.map(discovered), freshness: "Current" };
        }),
      })),
  };
}
