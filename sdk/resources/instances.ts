import { durationOf } from "../case/compile.ts";
import type { Manifest } from "../case/manifest.ts";
import { nearest } from "../case/nearest.ts";
import { resolveParams } from "../case/params.ts";
import { fault } from "../errors.ts";
import { matchesAny } from "./glob.ts";
import type { ProbeConfig } from "./schemas.ts";

/** A case as it runs on a cluster. */
export interface Instance {
  /** The case's name, or `name@second`. */
  readonly id: string;
  readonly case: string;
  readonly second?: string;
  readonly manifest: Manifest;
  readonly params: Readonly<Record<string, unknown>>;
  /** ms a problem must last before it is a finding. */
  readonly for: number;
  /** ms it must be gone before the finding is resolved. */
  readonly clear: number;
  /** The ProbeConfig's word, else the case's. */
  readonly owner?: string;
  /** Whether remedies may be done for its findings. */
  readonly strategy: "observe" | "act";
}

export interface ClusterName {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A case whose rows may be absent and that sets no `for` gets this: a pod may be seen before its owner. */
const OPTIONAL_FOR = 10_000;

/** The kinds an instance's findings depend on. */
export const kindsOf = (manifest: Manifest): string[] => [
  ...new Set(Object.values(manifest.reads).flatMap((read) => [read.kind ?? []].flat())),
];

export const instanceId = (name: string, second: string | undefined): string =>
  second === undefined ? name : `${name}@${second}`;

function selects({ spec }: ProbeConfig, cluster: ClusterName): boolean {
  const { names, matchLabels } = spec.clusters ?? {};
  return (
    matchesAny(names, cluster.name) &&
    Object.entries(matchLabels ?? {}).every(([label, value]) => cluster.labels?.[label] === value)
  );
}

function createInstance(manifest: Manifest, cluster: ClusterName, config: ProbeConfig | undefined): Instance {
  const where = config ? `ProbeConfig ${config.metadata.name}` : manifest.name;
  const spec = config?.spec;
  const params = { ...resolveParams(manifest, spec?.params ?? {}, where), cluster: cluster.name };
  const optional = Object.values(manifest.reads).some((read) => ["0", "0-1", "0+"].includes(read.rows ?? ""));
  const owner = spec?.owner ?? manifest.owner;
  return Object.freeze({
    id: instanceId(manifest.name, spec?.instance),
    case: manifest.name,
    ...(spec?.instance !== undefined && { second: spec.instance }),
    manifest,
    params: Object.freeze(params),
    for: durationOf(spec?.for ?? manifest.for, params, `${where}: for`, optional ? OPTIONAL_FOR : 0),
    clear: durationOf(spec?.clear ?? manifest.clear, params, `${where}: clear`, 0),
    ...(owner !== undefined && { owner }),
    strategy: spec?.strategy ?? "observe",
  });
}

/**
 * What runs on a cluster: every inspection by its defaults, and what ProbeConfigs say. A config without `instance`
 * replaces the default of its case, one with an `instance` stands beside it.
 * @throws config-invalid, params-invalid: naming the ProbeConfig and the field. Two configs of one instance are refused.
 */
export function instancesOn(
  cluster: ClusterName,
  manifests: readonly Manifest[],
  configs: readonly ProbeConfig[],
): Instance[] {
  const byName = new Map(manifests.map((manifest) => [manifest.name, manifest]));
  const taken = new Map<string, string>();
  const instances = new Map<string, Instance>();
  for (const manifest of manifests)
    if (manifest.kind === "inspection") instances.set(manifest.name, createInstance(manifest, cluster, undefined));
  for (const config of configs) {
    const where = `ProbeConfig ${config.metadata.name}`;
    const bad = (key: string, what: string) => fault("config-invalid", { where, key, what });
    const manifest = byName.get(config.spec.case);
    if (!manifest)
      throw bad(
        "spec.case",
        `is "${config.spec.case}", which is no case here${nearest(config.spec.case, [...byName.keys()])}`,
      );
    if (manifest.kind === "probe")
      throw bad(
        "spec.case",
        `is the probe "${manifest.name}"; probes can be tried with examine(), they do not run here yet`,
      );
    if (!selects(config, cluster)) continue;
    const id = instanceId(manifest.name, config.spec.instance);
    const other = taken.get(id);
    if (other !== undefined)
      throw bad(
        "spec.case",
        `configures ${id} on ${cluster.name}, as ProbeConfig ${other} does; give one of them another "instance", or other clusters`,
      );
    taken.set(id, config.metadata.name);
    if (config.spec.disabled) instances.delete(id);
    else instances.set(id, createInstance(manifest, cluster, config));
  }
  return [...instances.values()];
}
