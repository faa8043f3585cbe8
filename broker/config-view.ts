import type { Manifest } from "#sdk/case/manifest.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { type Instance, instancesOn } from "#sdk/resources/instances.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import type { AlertSubscription, Cluster, ProbeConfig, Resource } from "#sdk/resources/schemas.ts";
import type { Log, NewRecord, Subscription } from "./log/log.ts";

/** All that is configured, at one moment. */
export interface ConfigSet {
  readonly manifests: readonly Manifest[];
  readonly probeConfigs: readonly ProbeConfig[];
  readonly subscriptions: readonly AlertSubscription[];
  readonly clusters: readonly Cluster[];
  readonly remediers: readonly Remedier[];
  /** These and all others. */
  readonly resources: readonly Resource[];
}

/** A record "complete": the names of everything that counts. What it does not name is gone. */
interface Complete {
  readonly names: readonly string[];
}

const COMPLETE = JSON.stringify(["complete"]);
const keyOf = (kind: string, name: string) => JSON.stringify([kind, name]);
const source = "/config";

/** The records of topic `config`, folded. */
class ConfigFold {
  readonly records = new Map<string, string>();
  complete: Complete | undefined;

  add(key: string, value: string | null): boolean {
    if (key === COMPLETE) {
      this.complete = value === null ? undefined : (parseJson(value) as Complete);
      return true;
    }
    if (value === null) this.records.delete(key);
    else this.records.set(key, value);
    return false;
  }

  set(): ConfigSet | undefined {
    if (!this.complete) return undefined;
    const all = this.complete.names.flatMap((key) => {
      const [kind] = parseJson(key) as [string, string];
      const text = this.records.get(key);
      return text === undefined ? [] : [{ kind, value: parseJson(text) }];
    });
    const of = (kind: string) => all.filter((one) => one.kind === kind).map(({ value }) => value) as never;
    return {
      manifests: of("Case"),
      resources: all.filter(({ kind }) => kind !== "Case").map(({ value }) => value) as Resource[],
      probeConfigs: of("ProbeConfig"),
      subscriptions: of("AlertSubscription"),
      clusters: of("Cluster"),
      remediers: of("Remedier"),
    };
  }
}

/** What runs on each cluster that is configured; undefined = the cluster is not known. Worked out once per cluster. */
export function instancesOf(
  set: Pick<ConfigSet, "manifests" | "probeConfigs" | "clusters">,
): (cluster: string) => ReadonlyMap<string, Instance> | undefined {
  const known = new Map<string, ReadonlyMap<string, Instance>>();
  return (name) => {
    const cluster = set.clusters.find((one) => one.metadata.name === name);
    if (!cluster) return undefined;
    let instances = known.get(name);
    if (!instances) {
      const { labels } = cluster.metadata;
      const on = instancesOn({ name, ...(labels && { labels }) }, set.manifests, set.probeConfigs);
      instances = new Map(on.map((instance) => [instance.id, instance]));
      known.set(name, instances);
    }
    return instances;
  };
}

/** Follows what is configured. `changed` is called with the set that is complete when it starts, and with each later one. */
export async function followConfig(log: Log, changed: (set: ConfigSet) => void | Promise<void>): Promise<Subscription> {
  const fold = new ConfigFold();
  let isLive = false;
  const subscription = log.subscribe({ topic: "config" }, async (records) => {
    for (const { key, value } of records) {
      if (!fold.add(key, value) || !isLive) continue;
      await changed(fold.set()!);
    }
  });
  await subscription.caughtUp;
  isLive = true;
  const set = fold.set();
  if (set) await changed(set);
  return subscription;
}

/** What is configured now; undefined = nothing was ever complete. */
export async function readConfig(log: Log): Promise<ConfigSet | undefined> {
  const fold = new ConfigFold();
  for await (const records of log.read("config")) for (const { key, value } of records) fold.add(key, value);
  return fold.set();
}

/** Writes what is configured: what changed since it was last written, then the record "complete". */
export async function writeConfig(
  log: Log,
  manifests: readonly Manifest[],
  resources: readonly Resource[],
): Promise<void> {
  const fold = new ConfigFold();
  for await (const records of log.read("config")) for (const { key, value } of records) fold.add(key, value);
  const wanted = new Map<string, string>();
  for (const manifest of manifests) wanted.set(keyOf("Case", manifest.name), JSON.stringify(manifest));
  for (const resource of resources) wanted.set(keyOf(resource.kind, resource.metadata.name), JSON.stringify(resource));
  const record = (key: string, type: string, dataText: string | null): NewRecord => ({
    ...recordOf({ topic: "config", key: [], type, id: key, source, dataText }),
    key,
  });
  const changed = [...wanted].filter(([key, text]) => fold.records.get(key) !== text);
  const gone = [...fold.records.keys()].filter((key) => !wanted.has(key));
  const names = [...wanted.keys()];
  if (changed.length + gone.length === 0 && JSON.stringify(fold.complete?.names) === JSON.stringify(names)) return;
  await log.append([
    ...changed.map(([key, text]) => record(key, TYPES.config, text)),
    ...gone.map((key) => record(key, TYPES.config, null)),
    record(COMPLETE, TYPES.configComplete, JSON.stringify({ names })),
  ]);
}
