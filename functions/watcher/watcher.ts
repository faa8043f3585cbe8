import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { KubeClient, KubeObject } from "#broker/kube/index.ts";
import type { Log, LogRecord, NewRecord, Subscription } from "#broker/log/log.ts";
import { Tables } from "#broker/table/tables.ts";
import { compileReads } from "#sdk/case/compile.ts";
import { hashOf } from "#sdk/case/identity.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { TYPES } from "#sdk/event/types.ts";
import { type Instance, kindsOf } from "#sdk/resources/instances.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { checkAskedFlaw, pendingFlaw, verdictFlaw } from "#sdk/shapes.ts";
import type { CheckAsked, Mark, Pending, Verdict } from "#sdk/terms.ts";
import { Canary, type CanaryRow } from "./canary.ts";
import { Census } from "./census.ts";
import { claimEpoch } from "./epoch.ts";
import { NodeFacts } from "./facts.ts";
import { Marker } from "./marker.ts";
import { PendingChecks } from "./pending.ts";
import { Planner } from "./planner.ts";
import type { Sink } from "./reflector.ts";
import { Reports } from "./reports.ts";
import { Sources } from "./sources.ts";
import { agesOf, judgeViews, STALE, type Views } from "./views.ts";

export interface WatcherOptions {
  readonly cluster: string;
  readonly client: KubeClient;
  readonly log: Log;
  readonly instances: readonly Instance[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Of this process, unique. */
  readonly claimant: string;
  /** Only these namespaces, for what stands in one. */
  readonly namespaces?: readonly string[];
  /** ms between marks. Default 5 s. */
  readonly markEvery?: number;
  /** Whether the dispatcher still has a check: then it is not sent again. Default: as dispatchers say on `verdicts`. */
  readonly isPending?: (key: string, id: string) => boolean;
  /** Another watcher took the cluster: this one must stop. */
  readonly lost?: () => void;
}

const CANARY_KIND = "roundsman/Canary";
/** ms between looks at how old views are. */
const TICK = 1_000;

/** One per cluster: lists and watches, keeps the tables, says which checks are due, takes back what is gone. */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #drained = new Set<string>();
  /** What people want judged, until its case may run. */
  #asked: CheckAsked[] = [];
  readonly #census = new Census();
  readonly #reader: RecordReader;
  #tables!: Tables;
  #planner!: Planner;
  #pending!: PendingChecks;
  #facts!: NodeFacts;
  #marker!: Marker;
  #reports!: Reports;
  #canary!: Canary;
  #sources!: Sources;
  #started = 0;
  #ready: ReadonlySet<string> = new Set();
  #tick: NodeJS.Timeout | undefined;
  #window: NodeJS.Timeout | undefined;
  #windowAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "watcher" });
  }

  /** Takes the cluster, reads what the ledger holds of it, and begins to list. Resolves before all is listed. */
  async start(): Promise<void> {
    const { cluster, log, clock, instances, logger, lost, claimant } = this.#options;
    this.#started = clock.monotonic();
    const claim = await claimEpoch(log, cluster, claimant, () => {
      logger.error({ cluster }, "another watcher took the cluster");
      lost?.();
    });
    this.#subscriptions.push(claim.subscription);
    this.#tables = new Tables(
      instances.map(({ id, manifest, params }) => ({ id, compiled: compileReads(manifest, params) })),
      (kind) => this.#sources.isInAll(kind),
    );
    const trace = hashOf([cluster, claim.epoch, claimant], 16);
    this.#planner = new Planner({ cluster, epoch: claim.epoch, instances, tables: this.#tables, trace });
    this.#pending = new PendingChecks({ cluster, epoch: claim.epoch }, clock);
    this.#facts = new NodeFacts(cluster, claim.previous);
    this.#marker = new Marker({
      cluster,
      clock,
      every: this.#options.markEvery ?? 5_000,
      mark: () => this.#mark(),
      append: (records) => log.append(records),
      failed: (e) => logger.error({ err: sayError(e) }, "a mark cannot be written"),
    });
    this.#reports = new Reports({
      cluster,
      epoch: claim.epoch,
      clock,
      census: this.#census,
      ages: () => agesOf(this.views(), this.#sources.views()),
      append: (records) => log.append(records),
      failed: (e) => logger.error({ err: sayError(e) }, "a report of the cluster cannot be written"),
    });
    this.#canary = new Canary({
      ...{ cluster, instances, clock },
      put: (row) => this.#ownRow(() => this.#tables.upsert(CANARY_KIND, row, clock.now())),
      remove: (row: CanaryRow) => this.#ownRow(() => this.#tables.remove(CANARY_KIND, row, clock.now())),
    });
    const { client, random, namespaces } = this.#options;
    this.#sources = new Sources({
      client,
      clock,
      random,
      logger,
      instances,
      ...(namespaces && { namespaces }),
      sink: (kind, source) => this.#sink(kind, source),
      removed: (kind, source) => this.#tables.relist(kind, () => clock.now(), source).end(),
      cluster: (row) => {
        const own = { apiVersion: "roundsman", kind: "Cluster", metadata: { name: cluster }, ...row };
        this.#ownRow(() => this.#tables.upsert("roundsman/Cluster", own, clock.now()));
      },
    });
    await this.#restore();
    this.#subscriptions.push(log.subscribe({ topic: "verdicts", from: "end" }, (records) => this.#answers(records)));
    // What was asked for before is answered by the start: it judges all.
    this.#subscriptions.push(log.subscribe({ topic: "due", from: "end" }, (records) => this.#due(records)));
    this.#sources.start();
    void this.#sources.synced.then(() => {
      this.#look();
      this.#marker.start();
      this.#reports.start();
      this.#canary.start();
      this.#changed();
    });
    this.#tick = setInterval(() => this.#everySecond(), TICK);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#tick);
    clearTimeout(this.#window);
    this.#marker?.stop();
    this.#reports?.stop();
    this.#canary?.stop();
    await this.#sources?.stop();
    for (const subscription of this.#subscriptions) await subscription.close();
  }

  /** Resolves when every kind was listed, or could not be. */
  get synced(): Promise<void> {
    return this.#sources.synced;
  }

  views(): Views {
    const { instances, clock } = this.#options;
    const { plan } = this.#sources;
    return judgeViews({ plan, streams: this.#sources.views(), instances, elapsed: clock.monotonic() - this.#started });
  }

  /** For metrics and status. */
  status() {
    return {
      objects: this.#tables.sizes(),
      streams: this.#sources.counts(),
      unanswered: this.#planner.unanswered(this.#options.clock.now()),
      stamp: this.#planner.stamp,
    };
  }

  /** Per instance: candidates as a share of the objects of the kinds that it reads. */
  candidateRatios(): Record<string, number> {
    const sizes = this.#tables.sizes();
    const total = Object.values(sizes).reduce((a, b) => a + b, 0);
    return Object.fromEntries(
      this.#options.instances.map(({ id, manifest }) => {
        const read = kindsOf(manifest).reduce((sum, kind) => sum + (kind === "*" ? total : (sizes[kind] ?? 0)), 0);
        return [id, read === 0 ? 0 : this.#tables.candidates(id) / read];
      }),
    );
  }

  async #restore(): Promise<void> {
    let isRestoring = true;
    const subscription = this.#options.log.subscribe({ topic: "ledger" }, (records) =>
      this.#marker.read(this.#reader, records, (instance, key) => {
        if (isRestoring) this.#planner.restore(instance, key);
      }),
    );
    this.#subscriptions.push(subscription);
    await subscription.caughtUp;
    isRestoring = false;
  }

  #sink(kind: string, source: string): Sink {
    const { clock, log } = this.#options;
    const facts: NewRecord[] = [];
    const upsert = (object: KubeObject, put: (object: KubeObject) => void) => {
      if (kind === "v1/Node") facts.push(...this.#facts.node(object));
      put(object);
    };
    return {
      relist: () => {
        const relist = this.#tables.relist(kind, () => clock.now(), source);
        const counted = this.#census.relist(kind, source);
        const names = new Set<string>();
        return {
          add: (object) => {
            counted.add(object);
            names.add(object.metadata.name);
            upsert(object, (one) => relist.add(one));
          },
          end: () => {
            counted.end();
            relist.end();
            if (kind === "v1/Node") facts.push(...this.#facts.retain(names));
          },
        };
      },
      upsert: (object) => {
        this.#census.put(kind, object, source);
        upsert(object, (one) => this.#tables.upsert(kind, one, clock.now(), source));
      },
      remove: (object) => {
        this.#census.remove(kind, object);
        if (kind === "v1/Node") facts.push(...this.#facts.gone(object.metadata.name));
        this.#tables.remove(kind, object, clock.now());
      },
      changed: () => {
        if (facts.length > 0) this.#append(log.append(facts.splice(0)));
        this.#sources.met(kind);
        this.#changed();
      },
    };
  }

  #ownRow(change: () => void): void {
    change();
    this.#changed();
  }

  #answers(records: readonly LogRecord[]): void {
    const { cluster, clock } = this.#options;
    for (const record of records) {
      const pending = this.#reader.read<Pending>(record, TYPES.pending, pendingFlaw);
      if (pending) this.#pending.hear(pending);
      const verdict = this.#reader.read<Verdict>(record, TYPES.verdict, verdictFlaw);
      if (verdict?.cluster === cluster) this.#planner.answered(verdict, clock.now());
    }
    this.#flush();
  }

  #due(records: readonly LogRecord[]): Promise<void> {
    for (const record of records) {
      const asked = this.#reader.read<CheckAsked>(record, TYPES.checkAsked, checkAskedFlaw);
      if (asked?.cluster === this.#options.cluster) this.#asked.push(asked);
    }
    if (this.#asked.length > 0) this.#changed();
    return this.#reader.settled;
  }

  /** Rows changed, or may have: looks at the keys of every instance that may run. */
  #changed(): void {
    // Sources may still tell of something while they stop.
    if (this.#isStopped) return;
    const now = this.#options.clock.now();
    this.#tables.advance(now);
    for (const id of this.#ready) {
      const isFirst = !this.#drained.has(id);
      if (!isFirst && !this.#tables.hasDirty(id)) continue;
      this.#drained.add(id);
      this.#planner.drain(id, now, isFirst);
    }
    const isWaiting = ({ instance }: CheckAsked) => !this.#ready.has(instance);
    for (const one of this.#asked) if (!isWaiting(one)) this.#planner.ask(one.instance, one.key, now);
    this.#asked = this.#asked.filter(isWaiting);
    this.#flush();
    this.#armWindow(now);
  }

  #flush(): void {
    const records = this.#planner.take();
    if (records.length > 0) this.#append(this.#options.log.append(records));
  }

  /** What fails to be appended is unanswered, and so comes again. */
  #append(appended: Promise<unknown>): void {
    appended.catch((e) => {
      if (!isFault(e, "log-closed")) this.#options.logger.error({ err: sayError(e) }, "records cannot be written");
    });
  }

  /** Time alone changes rows: wakes when the tables ask for it. */
  #armWindow(now: number): void {
    const at = this.#tables.nextEdge ?? Number.POSITIVE_INFINITY;
    if (at === this.#windowAt && this.#window) return;
    clearTimeout(this.#window);
    this.#windowAt = at;
    this.#window =
      at === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(
            () => {
              this.#window = undefined;
              this.#changed();
            },
            Math.min(Math.max(at - now, 1), 2 ** 31 - 1),
          );
  }

  #look(): Views {
    const views = this.views();
    this.#ready = views.ready;
    return views;
  }

  #everySecond(): void {
    const { clock, isPending = (_, id) => this.#pending.has(Number(id.slice(id.lastIndexOf(".") + 1))) } =
      this.#options;
    const before = this.#ready;
    this.#look();
    if (clock.monotonic() - this.#started > STALE) this.#marker.start();
    this.#planner.resend(clock.now(), isPending);
    this.#flush();
    for (const id of this.#ready) if (!before.has(id)) return this.#changed();
  }

  #mark(): Mark {
    const { cluster, clock } = this.#options;
    const { ages, refused, leftOut } = this.#look();
    const unanswered = this.#planner.unanswered(clock.now());
    return { cluster, stamp: this.#planner.stamp, floor: this.#planner.floor(), ages, unanswered, refused, leftOut };
  }
}
