import { randomUUID } from "node:crypto";
import { type ConfigSet, followConfig, instancesOf } from "#broker/config-view.ts";
import type { Subscription } from "#broker/log/log.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import { Watcher, type WatcherOptions } from "./watcher.ts";

export interface FollowingOptions extends Omit<WatcherOptions, "instances" | "claimant"> {
  readonly fatal: (e: unknown) => void;
}

/** A cluster's watcher as topic `config` wants it: where its instances change another one takes the cluster, and lists it. */
export class Following {
  readonly #options: FollowingOptions;
  #config: Subscription | undefined;
  #instances: readonly Instance[] | undefined;
  #watcher: Watcher | undefined;
  #isSynced = false;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  get watcher(): Watcher | undefined {
    return this.#watcher;
  }

  /** What it waits for, for people. */
  get waitsFor(): readonly string[] {
    if (this.#instances === undefined) return [`a configuration that has the cluster ${this.#options.cluster}`];
    return this.#isSynced ? [] : ["the first list of every kind"];
  }

  async start(): Promise<void> {
    const { log, fatal } = this.#options;
    this.#config = await followConfig(log, (set) => this.#configure(set));
    this.#config.done.catch(fatal);
  }

  async stop(): Promise<void> {
    await this.#config?.close();
    await this.#watcher?.stop();
  }

  async #configure(set: ConfigSet): Promise<void> {
    const on = instancesOf(set)(this.#options.cluster);
    const wanted = on && [...on.values()];
    if (JSON.stringify(wanted) === JSON.stringify(this.#instances)) return;
    await this.#watcher?.stop();
    this.#watcher = undefined;
    this.#isSynced = false;
    this.#instances = wanted;
    if (!wanted) return;
    const watcher = new Watcher({ ...this.#options, instances: wanted, claimant: randomUUID() });
    await watcher.start();
    this.#watcher = watcher;
    void watcher.synced.then(() => {
      if (this.#watcher === watcher) this.#isSynced = true;
    });
  }
}
