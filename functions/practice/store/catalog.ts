import { isRecord, type KubeObject } from "./object.ts";
import type { Objects } from "./objects.ts";
import { ALL_VERBS, apiVersionOf, BUILT_IN, type Resource, resource } from "./resources.ts";

/** What the API serves at this moment: built-in kinds and those of custom resource definitions. */
export interface Catalog {
  all(): readonly Resource[];
  /** By where it is served. */
  served(group: string, version: string, plural: string): Resource | undefined;
  /** By what objects say of themselves: `apps/v1`, `Deployment`. */
  ofKind(apiVersion: string, kind: string): Resource | undefined;
  /** Serves what an aggregated server would. */
  add(resource: Resource): void;
}

export const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";

const isTrue = (definition: KubeObject, type: string): boolean =>
  (definition.status?.conditions ?? []).some(
    (c: { type: string; status: string }) => c.type === type && c.status === "True",
  );

/** One resource per served version; none before the names are accepted. */
export function resourcesOf(definition: KubeObject): readonly Resource[] {
  if (!isTrue(definition, "Established")) return [];
  const { group, scope, versions } = definition.spec;
  const names = definition.status.acceptedNames;
  const terminating = isTrue(definition, "Terminating");
  return versions
    .filter((version: { served: boolean }) => version.served)
    .map((version: { name: string; subresources?: unknown }) => {
      const hasStatus = isRecord(version.subresources) && "status" in version.subresources;
      return resource(group, version.name, names.kind, names.plural, {
        listKind: names.listKind,
        singular: names.singular,
        shortNames: names.shortNames ?? [],
        categories: names.categories ?? [],
        namespaced: scope === "Namespaced",
        verbs: terminating ? ["delete", "deletecollection", "get", "list", "watch"] : ALL_VERBS,
        subresources: hasStatus ? ["status"] : [],
        generation: "*",
        custom: true,
        conditionalUpdate: true,
        terminating,
      });
    });
}

export function createCatalog(objects: Objects): Catalog {
  const aggregated: Resource[] = [];
  let resources: readonly Resource[] = BUILT_IN;
  const derive = () => {
    resources = [...BUILT_IN, ...aggregated, ...objects.list(DEFINITIONS).flatMap(resourcesOf)];
  };
  objects.subscribe((change) => {
    if (change.resource === DEFINITIONS) derive();
  });
  return {
    all: () => resources,
    served: (group, version, plural) =>
      resources.find((r) => r.plural === plural && r.version === version && r.group === group),
    ofKind: (apiVersion, kind) => resources.find((r) => r.kind === kind && apiVersionOf(r) === apiVersion),
    add(one) {
      aggregated.push({ ...one, aggregated: true });
      derive();
    },
  };
}
