import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient, KubeObject, Watch, WatchEvent } from "#broker/kube/index.ts";
import type { Relist } from "#broker/table/tables.ts";
import { isFault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { Stream } from "./streams.ts";

/** Where the objects of a stream go. */
export interface Sink {
  relist(): Relist;
  upsert(object: KubeObject): void;
  remove(object: KubeObject): void;
  /** All that came at once was put. */
  changed(): void;
}

export interface ReflectorOptions {
  readonly client: KubeClient;
  readonly stream: Stream;
  readonly sink: Sink;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Lists wait for each other, so that their pages are not in memory all at once. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Waits so many ms, or until the signal. Default: the system's timers. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const systemWait = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal }).catch(() => undefined); // stopped: nothing is left to be waited for
};

/** How old the view of a stream is. */
export interface StreamView {
  /** ms; null = it was never listed. */
  readonly age: number | null;
  /** Why it cannot be listed or watched now. */
  readonly error?: RoundsmanError;
}

/** ms */
const LIVED = 10_000;
const BACKOFF_FIRST = 200;
const BACKOFF_MOST = 30_000;

/** Keeps a sink what the API server holds: lists, watches, resumes, and lists again where a watch cannot. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #watch: Watch | undefined;
  /** Monotonic ms: the last moment at which the view is known to have been whole. */
  #proven: number | undefined;
  /** Stands until a watch has proved itself since. */
  #failed: { readonly error: RoundsmanError; readonly at: number } | undefined;
  readonly #tried: { promise: Promise<void>; resolve: () => void };
  /** Counts since the start. */
  readonly counts = { lists: 0, watches: 0, events: 0, errors: 0 };

  constructor(options: ReflectorOptions) {
    this.#options = options;
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((r) => {
      resolve = r;
    });
    this.#tried = { promise, resolve };
  }

  /** Resolves when it was listed once, or could not be. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  view(): StreamView {
    const { clock } = this.#options;
    const watched = this.#watch?.provenAt() ?? Number.NEGATIVE_INFINITY;
    if (this.#failed && watched > this.#failed.at) this.#failed = undefined;
    const error = this.#failed?.error;
    const proven = Math.max(this.#proven ?? Number.NEGATIVE_INFINITY, watched);
    const age = this.#proven === undefined ? null : Math.max(0, clock.monotonic() - proven);
    return { age, ...(error && { error }) };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    let begun: number;
    let from: string | undefined;
    while (!signal.aborted) {
      // Only a watch can have lived: a list that fails is a failure in a row, however long ago the last watch began.
      begun = Number.POSITIVE_INFINITY;
      try {
        from ??= await this.#options.turn(() => this.#list());
        this.#tried.resolve();
        begun = this.#options.clock.monotonic();
        from = await this.#follow(from);
        failures = 0;
      } catch (e) {
        if (signal.aborted) return;
        this.counts.errors++;
        this.#keepProof();
        // A watch that lived is no failure in a row; one that dies at once would otherwise be opened again at once.
        if (this.#options.clock.monotonic() - begun > LIVED) failures = 0;
        this.#note(e, failures);
        if (!isFault(e) || e.code === "kube-gone" || !e.retry) from = undefined;
        this.#tried.resolve();
        await this.#pause(failures++, e);
      }
    }
  }

  /** A connection that broke off is nobody's fault yet: its view grows old, and that is told. */
  #note(e: unknown, failures: number): void {
    const { logger, stream } = this.#options;
    if (!isFault(e)) return logger.error({ err: sayError(e), path: stream.path }, "a watch failed");
    if (e.code === "kube-gone") return;
    if (!e.retry || failures > 2) this.#failed = { error: e, at: this.#options.clock.monotonic() };
    logger.debug({ err: e.message, path: stream.path }, "a watch goes on later");
  }

  /** Lists all; gives where to watch from. */
  async #list(): Promise<string> {
    const { client, stream, sink, clock } = this.#options;
    const begun = clock.monotonic();
    const { path, of, metadataOnly, fieldSelector } = stream;
    const relist = sink.relist();
    let version = "";
    this.counts.lists++;
    const options = {
      of,
      metadataOnly,
      ...(fieldSelector !== undefined && { fieldSelector }),
      signal: this.#stop.signal,
    };
    for await (const page of client.list(path, options)) {
      for (const item of page.items) relist.add(item);
      version = page.resourceVersion;
    }
    relist.end();
    this.#proven = begun;
    sink.changed();
    return version;
  }

  /** Watches until the watch ends; gives where to go on, or undefined where only a list can. */
  async #follow(resourceVersion: string): Promise<string | undefined> {
    const { client, stream, sink } = this.#options;
    const { path, metadataOnly, fieldSelector, of } = stream;
    this.counts.watches++;
    const onEvents = (events: readonly WatchEvent[]): void => {
      for (const { type, object } of events) {
        if (type === "BOOKMARK") continue;
        this.counts.events++;
        // Metadata alone does not say what it is of.
        object.apiVersion = of.apiVersion;
        object.kind = of.kind;
        if (type === "DELETED") sink.remove(object);
        else sink.upsert(object);
      }
      sink.changed();
    };
    const options = {
      resourceVersion,
      metadataOnly,
      ...(fieldSelector !== undefined && { fieldSelector }),
      signal: this.#stop.signal,
      onEvents,
    };
    this.#watch = client.watch(path, options);
    const end = await this.#watch.done;
    this.#keepProof();
    return end.reason === "gone" ? undefined : end.resourceVersion;
  }

  /** The watch is over: what it proved remains. */
  #keepProof(): void {
    const proven = this.#watch?.provenAt() ?? Number.NEGATIVE_INFINITY;
    this.#watch = undefined;
    if (this.#proven !== undefined) this.#proven = Math.max(this.#proven, proven);
  }

  /** Back-off with full jitter; a server that says when to come again is believed. */
  async #pause(failures: number, e: unknown): Promise<void> {
    const most = isFault(e) && !e.retry ? BACKOFF_MOST : Math.min(BACKOFF_FIRST * 2 ** failures, BACKOFF_MOST);
    const asked = isFault(e, "kube-throttled") ? Number(e.details.retryAfter) || 0 : 0;
    const least = most === BACKOFF_MOST ? most / 2 : 0;
    const { random, wait = systemWait } = this.#options;
    await wait(Math.max(asked, least + random() * (most - least)), this.#stop.signal);
  }
}
