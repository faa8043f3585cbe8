import { setTimeout as wait } from "node:timers/promises";
import type { KubeClient } from "#broker/kube/index.ts";
import { isInAll } from "#broker/table/tables.ts";
import { sayError } from "#sdk/errors.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { createTurns } from "#sdk/runtime/turns.ts";
import { customKinds } from "./custom-kinds.ts";
import { Reflector, type Sink, type StreamView } from "./reflector.ts";
import { planStreams, type Stream, type StreamPlan } from "./streams.ts";

export interface SourcesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly instances: readonly Instance[];
  readonly namespaces?: readonly string[];
  readonly sink: (kind: string, source: string) => Sink;
  /** A stream ended for good: its kind is no longer served. */
  readonly removed: (kind: string, source: string) => void;
  /** What the cluster says of itself. */
  readonly cluster: (row: { version: { major: string; minor: string; gitVersion: string }; kinds: string[] }) => void;
}

/** ms between looks at what is served; sooner when a definition or an APIService changes. */
const DISCOVER_EVERY = 60_000;
const DISCOVER_SOON = 1_000;
const RETRY_MOST = 10_000;
/** Lists under way at once. */
const LISTS = 2;
const CHANGES_WHAT_IS_SERVED = new Set([
  "apiextensions.k8s.io/v1/CustomResourceDefinition",
  "apiregistration.k8s.io/v1/APIService",
]);

const sourceOf = (stream: Stream) => `${stream.path} ${stream.fieldSelector ?? ""} ${stream.metadataOnly}`;

/** Which lists and watches run: follows what the API server serves. */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #running = new Map<string, { stream: Stream; reflector: Reflector }>();
  readonly #stop = new AbortController();
  readonly #turn = createTurns(LISTS);
  readonly #synced: { promise: Promise<void>; resolve: () => void };
  #plan: StreamPlan | undefined;
  #loop: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  constructor(options: SourcesOptions) {
    this.#options = options;
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((r) => {
      resolve = r;
    });
    this.#synced = { promise, resolve };
  }

  get plan(): StreamPlan | undefined {
    return this.#plan;
  }

  /** Resolves when every stream of the first plan was listed, or could not be. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  isInAll(kind: string): boolean {
    return this.#plan ? this.#plan.all.has(kind) : isInAll(kind);
  }

  start(): void {
    this.#loop ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await Promise.all([...this.#running.values()].map(({ reflector }) => reflector.stop()));
    await this.#loop;
  }

  views(): Map<string, StreamView[]> {
    const views = new Map<string, StreamView[]>();
    for (const { stream, reflector } of this.#running.values()) {
      const known = views.get(stream.kind);
      if (known) known.push(reflector.view());
      else views.set(stream.kind, [reflector.view()]);
    }
    return views;
  }

  counts(): Record<string, Reflector["counts"]> {
    return Object.fromEntries([...this.#running].map(([source, { reflector }]) => [source, reflector.counts]));
  }

  /** An object of this kind changed. */
  met(kind: string): void {
    if (this.#plan && CHANGES_WHAT_IS_SERVED.has(kind)) this.#wake();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      let pause = DISCOVER_EVERY;
      try {
        await this.#discover();
        failures = 0;
      } catch (e) {
        if (signal.aborted) return;
        pause = Math.min(500 * 2 ** failures++, RETRY_MOST);
        this.#options.logger.warn({ err: sayError(e) }, "what the API server serves cannot be read");
      }
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([changed, wait(pause, undefined, { signal }).catch(() => undefined)]);
      // Definitions come in bursts, and are served a moment later.
      if (!signal.aborted && this.#plan) await wait(DISCOVER_SOON, undefined, { signal }).catch(() => undefined);
    }
  }

  async #discover(): Promise<void> {
    const { client, instances, namespaces, cluster } = this.#options;
    const { signal } = this.#stop;
    const [discovery, version] = await Promise.all([client.discover(signal), client.version(signal)]);
    const isFirst = this.#plan === undefined;
    this.#plan = planStreams(
      discovery,
      instances,
      await customKinds({ client, discovery, instances, signal }),
      namespaces,
    );
    await this.#adjust(this.#plan);
    const { major, minor, gitVersion } = version;
    const kinds = [...new Set(discovery.resources.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`))].sort();
    cluster({ version: { major: String(major), minor: String(minor), gitVersion }, kinds });
    if (isFirst) {
      const tried = [...this.#running.values()].map(({ reflector }) => reflector.tried);
      void Promise.all(tried).then(this.#synced.resolve);
    }
  }

  async #adjust({ streams }: StreamPlan): Promise<void> {
    const { client, clock, random, logger, sink, removed } = this.#options;
    const wanted = new Map(streams.map((stream) => [sourceOf(stream), stream]));
    for (const [source, { stream, reflector }] of [...this.#running]) {
      if (wanted.has(source)) continue;
      await reflector.stop();
      this.#running.delete(source);
      removed(stream.kind, source);
    }
    for (const [source, stream] of wanted) {
      if (this.#running.has(source) || this.#stop.signal.aborted) continue;
      const reflector = new Reflector({
        client,
        stream,
        sink: sink(stream.kind, source),
        clock,
        random,
        logger,
        turn: this.#turn,
      });
      this.#running.set(source, { stream, reflector });
      reflector.start();
    }
  }
}
