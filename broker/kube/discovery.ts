/** What the API server serves: every resource in every version, and which version is preferred. */
import { isFault, sayError } from "#sdk/errors.ts";
import { isRecord, textOf } from "./fields.ts";
import { orMalformed, readObject } from "./objects.ts";
import type { Requester } from "./requester.ts";

export interface Resource {
  /** "" = the core group. */
  readonly group: string;
  readonly version: string;
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Of the versions that serve this resource it is the one the server prefers. */
  readonly preferred: boolean;
  /** Where all of it is listed and watched: `/apis/apps/v1/deployments`. */
  readonly path: string;
}

export interface Discovery {
  readonly resources: readonly Resource[];
  /** Groups, or versions of them, of which the server could not tell: often an APIService whose backend is down. */
  readonly failed: readonly { readonly group: string; readonly message: string }[];
}

/** A group's versions, the preferred one first. */
interface Group {
  readonly name: string;
  readonly versions: readonly { readonly version: string; readonly resources: readonly Served[] }[];
}

type Served = Pick<Resource, "kind" | "plural" | "namespaced" | "verbs">;
type Failed = { group: string; message: string };

const AGGREGATED = ["v2", "v2beta1"]
  .map((v) => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`)
  .join(",");
/** Requests at once, where each group must be asked for. */
const AT_ONCE = 8;

/** Two requests, or on servers before 1.26 one per group and version. Rejects only where the server itself fails. */
export async function discover(requester: Requester, signal?: AbortSignal): Promise<Discovery> {
  const failed: Failed[] = [];
  const ask = async (path: string, accept = "application/json"): Promise<Record<string, unknown>> => {
    const { body } = await requester.fetch({
      path,
      headers: { accept, "accept-encoding": "gzip" },
      ...(signal && { signal }),
    });
    return orMalformed(requester.access.server, `discover ${path}`, () => {
      const value = readObject(body);
      return isRecord(value) ? value : undefined;
    });
  };
  const roots = await Promise.all(["/api", "/apis"].map((path) => ask(path, `${AGGREGATED},application/json`)));
  const groups: Group[] = [];
  for (const root of roots) {
    groups.push(
      ...(root.kind === "APIGroupDiscoveryList" ? aggregated(root, failed) : await oneByOne(root, ask, failed)),
    );
  }
  return { resources: groups.flatMap(resourcesOf), failed };
}

/** The resource of a kind, such as `v1/Pod` or `apps/v1/Deployment`. */
export const findResource = ({ resources }: Discovery, kind: string): Resource | undefined =>
  resources.find((resource) => `${resource.apiVersion}/${resource.kind}` === kind);

function resourcesOf({ name: group, versions }: Group): Resource[] {
  const seen = new Set<string>();
  return versions.flatMap(({ version, resources }) => {
    const apiVersion = group === "" ? version : `${group}/${version}`;
    return resources.map((served) => {
      const preferred = !seen.has(served.plural);
      seen.add(served.plural);
      const path = `/${group === "" ? "api" : "apis"}/${apiVersion}/${served.plural}`;
      return { group, version, apiVersion, ...served, preferred, path };
    });
  });
}

function aggregated(root: Record<string, unknown>, failed: Failed[]): Group[] {
  return records(root.items).map((item) => {
    const name = textOf(isRecord(item.metadata) ? item.metadata.name : undefined) ?? "";
    const versions = records(item.versions).map((served) => {
      const version = textOf(served.version) ?? "";
      if (served.freshness === "Stale") {
        failed.push({
          group: name,
          message: `what ${name}/${version} serves is not known: its APIService does not answer`,
        });
      }
      const resources = records(served.resources).flatMap((r): Served[] => {
        const kind = textOf(isRecord(r.responseKind) ? r.responseKind.kind : undefined);
        const plural = textOf(r.resource);
        if (kind === undefined || plural === undefined) return []; // nothing but subresources
        return [{ kind, plural, namespaced: r.scope === "Namespaced", verbs: strings(r.verbs) }];
      });
      return { version, resources };
    });
    return { name, versions };
  });
}

type Ask = (path: string) => Promise<Record<string, unknown>>;

/** `root` is an APIVersions (the core group) or an APIGroupList. */
async function oneByOne(root: Record<string, unknown>, ask: Ask, failed: Failed[]): Promise<Group[]> {
  const named =
    root.kind === "APIVersions"
      ? [{ name: "", versions: strings(root.versions) }]
      : records(root.groups).map((group) => ({ name: textOf(group.name) ?? "", versions: versionsOf(group) }));
  const wanted = named.flatMap(({ name, versions }) => versions.map((version) => ({ name, version })));
  const found = new Map<string, readonly Served[]>();
  const work = async () => {
    for (let next = wanted.shift(); next; next = wanted.shift()) {
      const { name, version } = next;
      try {
        const list = await ask(name === "" ? `/api/${version}` : `/apis/${name}/${version}`);
        found.set(`${name}/${version}`, records(list.resources).flatMap(servedIn));
      } catch (e) {
        if (!isFault(e)) throw e;
        failed.push({ group: name, message: sayError(e) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return named.map(({ name, versions }) => ({
    name,
    versions: versions.map((version) => ({ version, resources: found.get(`${name}/${version}`) ?? [] })),
  }));
}

function versionsOf(group: Record<string, unknown>): string[] {
  const versions = records(group.versions).map(({ version }) => textOf(version) ?? "");
  const preferred = isRecord(group.preferredVersion) ? textOf(group.preferredVersion.version) : undefined;
  return preferred === undefined ? versions : [preferred, ...versions.filter((version) => version !== preferred)];
}

function servedIn(r: Record<string, unknown>): Served[] {
  const kind = textOf(r.kind);
  const plural = textOf(r.name);
  if (kind === undefined || plural === undefined || plural.includes("/")) return []; // a subresource
  return [{ kind, plural, namespaced: r.namespaced === true, verbs: strings(r.verbs) }];
}

const records = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
