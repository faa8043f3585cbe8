import type { Manifest } from "#sdk/case/manifest.ts";
import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { type Instance, instancesOn } from "#sdk/resources/instances.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import type { AlertSubscription, Cluster, ProbeConfig, Resource } from "#sdk/resources/schemas.ts";
import { type ReaderOptions, RecordReader } from "./dead-letter/reader.ts";
import type { Log, LogRecord, NewRecord, Subscription } from "./log/log.ts";

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

/**
 * The records of topic `config`, folded. One that cannot be read leaves in force what was good before it, or what it
 * configures would end: findings would be closed for want of their case.
 */
class ConfigFold {
  readonly records = new Map<string, string>();
  readonly #values = new Map<string, { readonly kind: string; readonly value: unknown }>();
  readonly #reader: RecordReader;
  /** Those of which nothing good is known: why. */
  readonly #bad = new Map<string, string>();
  complete: Complete | undefined;

  constructor(log: Log, logger: ReaderOptions["logger"] = { error: () => undefined }) {
    this.#reader = new RecordReader({ log, logger, by: "configuration" });
  }

  add(record: LogRecord): boolean {
    const { key, value } = record;
    if (key === COMPLETE) {
      if (value === null) this.complete = undefined;
      else this.complete = this.#reader.read<Complete>(record, TYPES.configComplete, noNames) ?? this.complete;
      return true;
    }
    if (value === null) {
      for (const one of [this.records, this.#values, this.#bad]) one.delete(key);
      return false;
    }
    this.records.set(key, value);
    const read = this.#reader.read<object>(record, TYPES.config, noObject);
    if (read !== undefined) {
      this.#values.set(key, { kind: (parseJson(key) as [string])[0], value: read });
      this.#bad.delete(key);
    } else if (!this.#values.has(key)) this.#bad.set(key, `at offset ${record.offset}`);
    return false;
  }

  /** Resolves when what cannot be read is set aside. */
  get settled(): Promise<void> {
    return this.#reader.settled;
  }

  /** Whether something good is known of all that counts. */
  get isWhole(): boolean {
    return this.#bad.size === 0 || !this.complete?.names.some((key) => this.#bad.has(key));
  }

  /** @throws config-record-unreadable where something counts of which nothing good is known */
  set(): ConfigSet | undefined {
    if (!this.complete) return undefined;
    for (const key of this.complete.names) {
      const what = this.#bad.get(key);
      if (what !== undefined) throw fault("config-record-unreadable", { key, what });
    }
    const all = this.complete.names.flatMap((key) => this.#values.get(key) ?? []);
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

const noObject = (value: unknown) => (typeof value === "object" && value !== null ? undefined : "it is no object");
const noNames = (value: unknown) =>
  Array.isArray((value as Complete | null)?.names) ? undefined : "names must be a list";

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
  const fold = new ConfigFold(log);
  let isLive = false;
  const subscription = log.subscribe({ topic: "config" }, async (records) => {
    for (const record of records) {
      if (!fold.add(record) || !isLive) continue;
      // What was whole before stays in force.
      const set = fold.isWhole ? fold.set() : undefined;
      if (set) await changed(set);
    }
    await fold.settled;
  });
  await subscription.caughtUp;
  isLive = true;
  const set = fold.set();
  if (set) await changed(set);
  return subscription;
}

async function readFold(log: Log): Promise<ConfigFold> {
  const fold = new ConfigFold(log);
  for await (const records of log.read("config")) for (const record of records) fold.add(record);
  return fold;
}

/** What is configured now; undefined = nothing was ever complete. */
export async function readConfig(log: Log): Promise<ConfigSet | undefined> {
  const fold = await readFold(log);
  return fold.set();
}

/** Writes what is configured: what changed since it was last written, then the record "complete". */
export async function writeConfig(
  log: Log,
  manifests: readonly Manifest[],
  resources: readonly Resource[],
): Promise<void> {
  const fold = await readFold(log);
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
