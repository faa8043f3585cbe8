/** What is configured: defaults, the practice cluster's own, files, and what stands in the home cluster. */
import { instancesOf, readConfig, writeConfig } from "#broker/config-view.ts";
import type { Log } from "#broker/log/log.ts";
import { type SinkOptions, sinkOf } from "#functions/alert/sinks/sink-of.ts";
import { ConfigSource, FROM_CLUSTER } from "#functions/watcher/config-source.ts";
import type { Manifest } from "#sdk/case/manifest.ts";
import { API_VERSION, type Cluster, type Resource } from "#sdk/resources/schemas.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { WatchedCluster } from "./cluster.ts";
import { DEFAULT_RESOURCES } from "./default-resources.ts";
import { checkHealing } from "./healing.ts";
import { mergeResources } from "./resources.ts";

export interface ConfigurationOptions extends SinkOptions {
  readonly cluster: Pick<WatchedCluster, "name" | "client" | "configs">;
  /** Of files. */
  readonly resources: readonly Resource[];
  /** Whether the cluster's own resources count too. */
  readonly fromCluster: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export class Configuration {
  readonly #options: ConfigurationOptions;
  #resources: readonly Resource[];
  #manifests: readonly Manifest[] = [];
  #log!: Log;
  /** One after the other. */
  #writing: Promise<void> = Promise.resolve();
  #source: ConfigSource | undefined;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.#resources = this.#merged([]);
  }

  /** What counts now. */
  get resources(): readonly Resource[] {
    return this.#resources;
  }

  /** What is wrong is found before it is written down. @throws config-invalid of a file; the cluster's are told in their status */
  async start(log: Log, manifests: readonly Manifest[]): Promise<void> {
    this.#log = log;
    this.#manifests = manifests;
    this.#check([]);
    await this.#write(this.#options.fromCluster ? await this.#read() : []);
  }

  /** Other cases than before. @throws config-invalid where what files say does not go with them: then nothing changes */
  async use(manifests: readonly Manifest[]): Promise<void> {
    const before = this.#manifests;
    this.#manifests = manifests;
    try {
      this.#check([]);
    } catch (e) {
      this.#manifests = before;
      throw e;
    }
    await this.#write(this.#source?.again() ?? []);
  }

  /** From here on `changed` is told, after what counts was written down. */
  follow(changed: () => Promise<void>): void {
    this.#source?.follow(async (resources) => {
      await this.#write(resources);
      await changed();
    });
  }

  async stop(): Promise<void> {
    await this.#source?.stop();
  }

  async #read(): Promise<readonly Resource[]> {
    const { cluster, resources, clock, random, logger } = this.#options;
    const before = await readConfig(this.#log);
    this.#source = new ConfigSource({
      client: cluster.client,
      clock,
      random,
      logger,
      good: (before?.resources ?? []).filter(({ metadata }) => metadata.annotations?.[FROM_CLUSTER] !== undefined),
      taken: new Set(resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`)),
      check: (own) => this.#check(own),
    });
    return this.#source.start();
  }

  #write(own: readonly Resource[]): Promise<void> {
    this.#resources = this.#merged(own);
    const all = [...this.#resources, ...this.#named(this.#resources)];
    const written = this.#writing.then(() => writeConfig(this.#log, this.#manifests, all));
    this.#writing = written.catch(() => undefined); // who asked for it is told
    return written;
  }

  /** A file goes before the cluster: who starts it has the last word. */
  #merged(own: readonly Resource[]): readonly Resource[] {
    const { cluster, resources } = this.#options;
    return mergeResources(DEFAULT_RESOURCES, mergeResources(cluster.configs, [...resources, ...own]));
  }

  /** The cluster itself, where nobody has written it down. */
  #named(resources: readonly Resource[]): Cluster[] {
    const { name } = this.#options.cluster;
    if (resources.some((one) => one.kind === "Cluster" && one.metadata.name === name)) return [];
    return [{ apiVersion: API_VERSION, kind: "Cluster", metadata: { name }, spec: {} }];
  }

  #check(own: readonly Resource[]): void {
    const { env, stdout, clock } = this.#options;
    const resources = this.#merged(own);
    const probeConfigs = resources.filter((one) => one.kind === "ProbeConfig");
    const clusters = [...resources.filter((one) => one.kind === "Cluster"), ...this.#named(resources)];
    const on = instancesOf({ manifests: this.#manifests, probeConfigs, clusters });
    for (const { metadata } of clusters) on(metadata.name);
    for (const one of resources) if (one.kind === "AlertSubscription") sinkOf(one, { env, stdout });
    checkHealing(resources, clock.now());
  }
}
