import { setMaxListeners } from "node:events";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { KubeClient } from "#broker/kube/index.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { TYPES } from "#sdk/event/types.ts";
import { conditionEpisode, conditionFingerprint, isWell, type NodeCondition } from "#sdk/operation/condition.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import { jobName } from "#sdk/operation/job.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { createTurns } from "#sdk/runtime/turns.ts";
import { conditionFlaw, endedFlaw } from "#sdk/shapes.ts";
import type { Finding } from "#sdk/terms.ts";
import { createCatalog, readGranted } from "./catalog.ts";
import { Commits } from "./commits.ts";
import type { Edge } from "./edge.ts";
import { createHands } from "./hands.ts";
import { createJobs } from "./jobs.ts";
import { OPERATIONS } from "./operations/index.ts";
import { createPost, type PostOptions } from "./post.ts";
import { clockRecord, reportRecord } from "./reports.ts";
import { runGrant } from "./run.ts";
import { LIMITS, type Limits } from "./state.ts";
import { release, sweep } from "./sweep.ts";
import { Turns } from "./turns.ts";
import type { Resolved } from "./undo.ts";

export interface ExecutorOptions {
  readonly cluster: string;
  readonly client: KubeClient;
  readonly log: Log;
  readonly logger: Logger;
  readonly clock: { now(): number };
  /** Names this process, as no other and no other life of it is named. */
  readonly identity: string;
  /** Why nothing may be done to this target now, or undefined: read before it begins, and before each step of what takes several. */
  readonly brake: (granted: Granted) => Promise<string | undefined>;
  /** Whom webhooks may call; none unless told. */
  readonly webhooks?: Pick<PostOptions, "allowed" | "secret">;
  readonly limits?: Partial<Limits>;
  /** ms; defaults 10 s and 30 s. */
  readonly clockEvery?: number;
  readonly sweepEvery?: number;
}

/** Grants on their way to `Acting` at once: enough to keep an API server busy, few enough that each is there at once. The newest first: grants run out. */
const BEGINNINGS = 16;

/** Requests whose traces are remembered: those of days. */
const TRACES = 10_000;

type Ended = Pick<Finding, "cluster" | "fingerprint" | "episode">;

/** The one process that writes in a cluster. Several may run: a grant is carried out by one of them, once. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #edge: Edge;
  readonly #stop = new AbortController();
  readonly #turns = new Turns();
  readonly #commits = new Commits();
  readonly #readGranted = readGranted();
  readonly #reader: RecordReader;
  /** By request. What another executor began goes by its id alone. */
  readonly #traces = new Map<string, string>();
  readonly #subscriptions: Subscription[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "executor" });
    const { cluster, client, log, logger, clock, identity, brake, webhooks } = options;
    const { signal } = this.#stop;
    // Every grant that waits heeds it.
    setMaxListeners(0, signal);
    const post = createPost({ allowed: webhooks?.allowed ?? [], secret: webhooks?.secret, clock });
    this.#edge = {
      cluster,
      executor: identity,
      jobs: createJobs(client),
      hands: createHands(client, post),
      catalog: createCatalog(OPERATIONS),
      limits: { ...LIMITS, ...options.limits },
      clock,
      sleep: (ms) => sleep(ms, signal),
      signal,
      brake,
      beginning: createTurns(BEGINNINGS, "newest"),
      report: async (report) => void (await log.append([reportRecord(report, this.#traces.get(report.data.id))])),
      warn: (details, message) => logger.warn(details, message),
    };
  }

  async start(): Promise<void> {
    const { cluster, log, clockEvery = 10_000, sweepEvery = 30_000 } = this.#options;
    await this.#tellClock();
    this.#every(clockEvery, () => this.#tellClock());
    this.#every(sweepEvery, () => sweep(this.#edge, this.#free));
    this.#track(sweep(this.#edge, this.#free));
    this.#follow(
      log.subscribe({ topic: "remedies", group: `executor/${cluster}` }, (records, reading) =>
        this.#take(records, reading),
      ),
    );
    for (const topic of ["findings", "events"])
      this.#follow(
        log.subscribe({ topic, group: `executor/${cluster}` }, (records, reading) => this.#release(records, reading)),
      );
  }

  /** Rejects where it cannot go on reading. */
  get done(): Promise<unknown> {
    return Promise.all(this.#subscriptions.map((one) => one.done));
  }

  /** What was begun and is not finished is found by the next executor. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#subscriptions.map((one) => one.close()));
    await Promise.all(this.#running);
  }

  /** Nobody waits for a drain here: grants run out within seconds, so each is begun at once. */
  #take(records: readonly LogRecord[], reading: Subscription): Promise<void> | undefined {
    for (const record of records) {
      const settled = this.#commits.begin(record, reading);
      const granted = this.#grantOf(record);
      if (granted === undefined) void this.#reader.settled.then(settled);
      else this.#track(this.#turns.next(jobName(granted.target), () => runGrant(this.#edge, granted)).then(settled));
    }
    return this.#reader.settled;
  }

  /** What cannot be read is not done. */
  #grantOf(record: LogRecord): Granted | undefined {
    const data = this.#reader.read(record, TYPES.remedyGranted);
    if (data === undefined) return undefined;
    const granted = this.#readGranted(data);
    if (!("flaw" in granted)) {
      if (granted.cluster !== this.#options.cluster) return undefined;
      this.#trace(granted.id, record.headers.ce_traceparent);
      return granted;
    }
    this.#reader.setAside(record, fault("record-invalid", { what: granted.flaw }));
    return undefined;
  }

  #trace(id: string, traceparent: string | undefined): void {
    if (traceparent === undefined) return;
    this.#traces.set(id, traceparent);
    if (this.#traces.size > TRACES) this.#traces.delete(this.#traces.keys().next().value!);
  }

  /** A finding that is resolved, or a condition that is well again, holds nothing any more. */
  async #release(records: readonly LogRecord[], reading: Subscription): Promise<void> {
    const over = new Map<string, number>();
    for (const record of records) {
      const ended = this.#endedIn(record);
      if (ended?.cluster === this.#options.cluster) over.set(ended.fingerprint, ended.episode);
    }
    if (over.size > 0) await this.resolved(over);
    await this.#reader.settled;
    const last = records.at(-1)!;
    void reading.commit(last.partition, last.offset + 1);
  }

  /** What a record says is over, and up to which episode. */
  #endedIn(record: LogRecord): Ended | undefined {
    const finding = this.#reader.read<Ended>(record, TYPES.resolved, endedFlaw);
    if (finding) return finding;
    const fact = this.#reader.read<NodeCondition>(record, TYPES.nodeCondition, conditionFlaw);
    if (!fact || (!fact.gone && !isWell(fact))) return undefined;
    const episode = fact.gone ? Number.POSITIVE_INFINITY : conditionEpisode(fact);
    return { cluster: fact.cluster, fingerprint: conditionFingerprint(fact.cluster, fact.node, fact.type), episode };
  }

  /** What findings, or conditions of nodes, were held for is over: own claims for it are taken back. Until it is written. */
  async resolved(over: Resolved): Promise<void> {
    for (let pause = 250; !this.#stop.signal.aborted; pause = Math.min(pause * 2, 30_000)) {
      try {
        return await release(this.#edge, over, this.#free);
      } catch (e) {
        if (!isFault(e)) throw e;
        this.#edge.warn({ err: sayError(e) }, "claims could not be released; trying again");
        await this.#edge.sleep(pause);
      }
    }
  }

  readonly #free = (name: string, work: () => Promise<void>): Promise<void> => this.#turns.next(name, work);

  #tellClock = async (): Promise<void> => {
    const { cluster, identity, clock, log } = this.#options;
    await log.append([clockRecord(cluster, identity, clock.now())]);
  };

  #every(ms: number, work: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.#track(work().finally(() => (busy = false)));
    }, ms);
    this.#timers.push(timer);
  }

  #follow(subscription: Subscription): void {
    this.#subscriptions.push(subscription);
    this.#track(subscription.done);
  }

  #track(work: Promise<void>): void {
    const guarded = work.catch((e) => {
      if (this.#stop.signal.aborted || isFault(e, "log-closed")) return;
      this.#options.logger.error({ err: sayError(e) }, "the executor failed at something");
    });
    this.#running.add(guarded);
    void guarded.finally(() => this.#running.delete(guarded));
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
