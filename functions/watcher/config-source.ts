/** Configuration from the home cluster: its resources are listed and watched, judged, and told in their status what came of them. */
import { createWriter, type KubeClient, type KubeObject, seenOf } from "#broker/kube/index.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { CONFIG_PLURALS, type ConfigKind } from "#sdk/resources/definitions.ts";
import { createResourceReader } from "#sdk/resources/read.ts";
import { API_VERSION, type Resource } from "#sdk/resources/schemas.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { type Judged, judge, type Offered } from "./config-judge.ts";
import { type ConfigStatus, statusOf } from "./config-status.ts";
import { Reflector, type Sink } from "./reflector.ts";

export interface ConfigSourceOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** What counted when it was last looked: what stands in no cluster any more is not among what is offered. */
  readonly good: readonly Resource[];
  /** `Kind name` of what is configured elsewhere, and counts. */
  readonly taken: ReadonlySet<string>;
  /** Refuses what does not go together, naming `Kind name`. */
  readonly check: (resources: readonly Resource[]) => void;
  /** ms until what failed is tried again. Default 5 s. */
  readonly pause?: number;
}

interface Configured extends KubeObject {
  readonly metadata: KubeObject["metadata"] & { readonly generation?: number; readonly creationTimestamp?: string };
  readonly spec?: unknown;
  readonly status?: Partial<ConfigStatus>;
}

/** ms: what is applied together is judged together. */
const TOGETHER = 100;

/** The annotation, in topic `config`, of what stands in a cluster. */
export const FROM_CLUSTER = "roundsman.dev/from-cluster";

const KINDS = Object.keys(CONFIG_PLURALS) as ConfigKind[];
const pathOf = (kind: ConfigKind): string => `/apis/${API_VERSION}/${CONFIG_PLURALS[kind]}`;
const idOf = ({ kind, metadata }: Pick<Resource, "kind" | "metadata">): string => `${kind} ${metadata.name}`;

/** The verbs that it uses, for its role. */
export const CONFIG_RIGHTS = [
  { resources: Object.values(CONFIG_PLURALS), verbs: ["list", "watch"] },
  { resources: Object.values(CONFIG_PLURALS).map((plural) => `${plural}/status`), verbs: ["patch"] },
] as const;

export class ConfigSource {
  readonly #options: ConfigSourceOptions;
  readonly #read = createResourceReader();
  readonly #objects = new Map<ConfigKind, Map<string, Configured>>();
  readonly #reflectors: ReadonlyMap<ConfigKind, Reflector>;
  /** What counts now, by id. */
  #good: Map<string, Resource>;
  #judged: Judged = { resources: [], refused: new Map(), instead: new Map() };
  #apply: ((resources: readonly Resource[]) => Promise<void>) | undefined;
  /** What was applied last, as text. */
  #applied = "";
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: ConfigSourceOptions) {
    this.#options = options;
    this.#good = new Map(options.good.map((one) => [idOf(one), one]));
    this.#reflectors = new Map(KINDS.map((kind) => [kind, this.#reflector(kind)]));
  }

  /** Resolves with what counts, once each kind was listed or could not be. */
  async start(): Promise<readonly Resource[]> {
    for (const reflector of this.#reflectors.values()) reflector.start();
    await Promise.all([...this.#reflectors.values()].map(({ tried }) => tried));
    for (const [kind, reflector] of this.#reflectors) {
      const { error } = reflector.view();
      if (error && !this.#objects.has(kind) && error.code !== "kube-not-found")
        this.#options.logger.warn(
          { err: error.message },
          `${CONFIG_PLURALS[kind]} cannot be read from the cluster: what counted before stays in force`,
        );
    }
    this.#judge();
    this.#applied = JSON.stringify(this.#judged.resources);
    return this.#judged.resources;
  }

  /** From here on what changes is applied: one change after the other, and what fails again. */
  follow(apply: (resources: readonly Resource[]) => Promise<void>): void {
    this.#apply = apply;
    this.#soon(0);
  }

  /** What they are checked against has changed: they are judged anew, and told. Gives what counts. */
  again(): readonly Resource[] {
    this.#judge();
    this.#applied = JSON.stringify(this.#judged.resources);
    this.#soon(0);
    return this.#judged.resources;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#reflectors.values()].map((one) => one.stop()));
    await this.#working;
  }

  #reflector(kind: ConfigKind): Reflector {
    const { client, clock, random, logger } = this.#options;
    return new Reflector({
      client,
      clock,
      random,
      logger,
      stream: {
        kind: `${API_VERSION}/${kind}`,
        of: { apiVersion: API_VERSION, kind },
        path: pathOf(kind),
        metadataOnly: false,
      },
      sink: this.#sink(kind),
      turn: (work) => work(),
    });
  }

  #sink(kind: ConfigKind): Sink {
    const of = () => this.#objects.get(kind) ?? new Map<string, Configured>();
    return {
      relist: () => {
        const all = new Map<string, Configured>();
        return {
          add: (object) => void all.set(object.metadata.name, object as Configured),
          end: () => void this.#objects.set(kind, all),
        };
      },
      upsert: (object) => void of().set(object.metadata.name, object as Configured),
      remove: (object) => void of().delete(object.metadata.name),
      changed: () => this.#soon(TOGETHER),
    };
  }

  #soon(ms: number): void {
    if (this.#isStopped || !this.#apply) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#working = this.#working.then(() => this.#work());
    }, ms);
  }

  async #work(): Promise<void> {
    if (this.#isStopped) return;
    try {
      this.#judge();
      const text = JSON.stringify(this.#judged.resources);
      if (text !== this.#applied) await this.#apply!(this.#judged.resources);
      this.#applied = text;
      await this.#tell();
    } catch (e) {
      this.#options.logger.error({ err: sayError(e) }, "the cluster's configuration is not applied; trying again");
      this.#soon(this.#options.pause ?? 5_000);
    }
  }

  /** Every object that is offered, the oldest first. */
  #all(): Configured[] {
    return [...this.#objects.values()]
      .flatMap((all) => [...all.values()])
      .sort((a, b) => compare(ageOf(a), ageOf(b)) || compare(a.metadata.name, b.metadata.name));
  }

  #judge(): void {
    const { taken, check } = this.#options;
    const offered: Offered[] = this.#all()
      .filter((object) => !taken.has(idOf(object as never)))
      .map((object) => ({ id: idOf(object as never), read: this.#parse(object) }));
    // Of a kind that could not be listed nobody knows whether it changed. One that is not there has none.
    for (const [id, resource] of this.#good) {
      const kind = resource.kind as ConfigKind;
      if (this.#objects.has(kind) || isFault(this.#reflectors.get(kind)?.view().error, "kube-not-found")) continue;
      if (!taken.has(id)) offered.unshift({ id, read: resource });
    }
    this.#judged = judge(offered, this.#good, check);
    this.#good = new Map(this.#judged.resources.map((one) => [idOf(one), one]));
  }

  /** By the same code as files; of its metadata nothing but its name, and a cluster's labels, is anybody's business. */
  #parse({ kind, metadata: { name, labels }, spec }: Configured): Resource | Error {
    try {
      const chosenBy = kind === "Cluster" && labels !== undefined ? { labels } : {};
      const metadata = { name, ...chosenBy, annotations: { [FROM_CLUSTER]: "true" } };
      return this.#read({ apiVersion: API_VERSION, kind, metadata, spec }, `${kind} ${name}`);
    } catch (e) {
      return e as Error;
    }
  }

  /** What came of each, where its status does not say that yet. */
  async #tell(): Promise<void> {
    const { client, clock, logger, taken } = this.#options;
    const writer = createWriter(client, "roundsman");
    for (const object of this.#all()) {
      if (this.#isStopped) return;
      const id = idOf(object as never);
      const { generation = 0, name } = object.metadata;
      const refusal = taken.has(id) ? "shadowed" : this.#judged.refused.get(id);
      const status = statusOf(object.status, generation, refusal, clock.now(), this.#judged.instead.get(id));
      if (!status) continue;
      try {
        const path = `${pathOf(object.kind as ConfigKind)}/${encodeURIComponent(name)}/status`;
        await writer.patch(path, "merge", { status }, seenOf(object));
      } catch (e) {
        // It was changed or deleted meanwhile: that comes over the watch.
        if (isFault(e, "kube-conflict") || isFault(e, "kube-not-found")) continue;
        logger.warn({ err: sayError(e) }, `what came of ${id} cannot be written to its status`);
      }
    }
  }
}

const ageOf = ({ metadata }: Configured): string => metadata.creationTimestamp ?? "";
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
