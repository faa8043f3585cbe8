import { followConfig, instancesOf } from "#broker/config-view.ts";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import { claimNext, type Held } from "#broker/log/claim.ts";
import type { Log, LogRecord, NewRecord, Subscription } from "#broker/log/log.ts";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { findingFlaw, ledgerEntryFlaw, markFlaw, verdictFlaw } from "#sdk/shapes.ts";
import type { Finding, FindingState, Mark, Verdict } from "#sdk/terms.ts";
import { resolve } from "./finding.ts";
import { LedgerFold, STALE } from "./fold.ts";
import { readBack, TERM } from "./readback.ts";
import type { Entry, Output } from "./state.ts";

export interface LedgerOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Unique among ledgers of one log, of which one at a time is in charge: it claims a term, and what a predecessor writes after
   * that does not stand.
   */
  readonly claimant?: string;
  /** Another ledger is in charge: this one must stop. */
  readonly lost?: (e: unknown) => void;
}

const TYPE = { raised: TYPES.raised, updated: TYPES.updated, resolved: TYPES.resolved } as const;
const GROUP = "ledger";
/** ms between two looks at whether a cluster's watcher is silent; and for how long one may be that was not heard yet. */
const LOOK = 5_000;
const FIRST_WORD = 60_000;

/** Turns verdicts into findings raised, updated and resolved. One process owns it. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #fold = new LedgerFold();
  readonly #reader: RecordReader;
  #config: Subscription | undefined;
  #verdicts: Subscription | undefined;
  /** One change at a time: records and configuration come from two subscriptions. */
  #turn: Promise<unknown> = Promise.resolve();
  #term: Held | undefined;
  readonly #readingBack: Subscription[] = [];
  /** Per cluster, by the monotonic clock: when it was heard of, or when that is expected at the latest. */
  readonly #heard = new Map<string, number>();
  readonly #silent = new Set<string>();
  #looking: NodeJS.Timeout | undefined;
  #restored: () => void = () => undefined;
  /** All was taken back. */
  readonly #ready = new Promise<void>((done) => {
    this.#restored = done;
  });

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "ledger" });
  }

  /** Takes back what it held, closes what does not run any more, and follows verdicts and marks. */
  async start(): Promise<void> {
    const { log, clock } = this.#options;
    await this.#claim();
    const findings = new Map<string, Finding>();
    for await (const records of log.read("findings"))
      for (const record of records) {
        const finding = this.#reader.parse<Finding>(record, findingFlaw);
        if (finding) findings.set(finding.fingerprint, finding);
      }
    const entries = new Map<string, Entry>();
    for await (const records of log.read("ledger"))
      for (const record of records) {
        const entry = this.#reader.parse<Entry>(record, ledgerEntryFlaw);
        if (entry) entries.set(record.key, entry);
        else if (record.value === null) entries.delete(record.key);
      }
    this.#fold.restore(entries.values(), findings.values());
    this.#config = await followConfig(log, (set) => {
      this.#expect(set.clusters.map(({ metadata }) => metadata.name));
      return this.#next(() => this.#append(this.#fold.configure(instancesOf(set), { offset: 0, time: clock.now() })));
    });
    this.#verdicts = log.subscribe({ topic: "verdicts", group: GROUP }, (records, subscription) =>
      this.#next(() => this.#take(records, subscription)),
    );
    await this.#verdicts.caughtUp;
    this.#looking = setInterval(() => this.#look(), LOOK);
    this.#restored();
  }

  async stop(): Promise<void> {
    clearInterval(this.#looking);
    this.#restored();
    await this.#verdicts?.close();
    await this.#config?.close();
    await this.#term?.subscription.close();
    for (const one of this.#readingBack) await one.close();
  }

  /** Rejects with what broke it. */
  get done(): Promise<unknown> {
    const all = [
      this.#verdicts!,
      this.#config!,
      ...(this.#term ? [this.#term.subscription] : []),
      ...this.#readingBack,
    ];
    return Promise.all(all.map(({ done }) => done));
  }

  /** From the claim on, whatever others write to what is this one's is read, and put right once all was taken back. */
  async #claim(): Promise<void> {
    const { log, claimant, lost } = this.#options;
    if (claimant === undefined) return;
    const overtaken = () => lost?.(fault("ledger-overtaken", {}));
    this.#term = await claimNext(log, { key: ["", "ledger"], source: "/ledger" }, claimant, overtaken);
    for (const topic of ["findings", "ledger"] as const)
      this.#readingBack.push(
        log.subscribe({ topic, from: "end" }, async (records) => {
          await this.#ready;
          const read = records.map((record) => ({ record, as: readBack(record, this.#term!.epoch) }));
          if (read.some(({ as }) => as === "overtaken")) return overtaken();
          const strays = read.filter(({ as }) => as === "stray").map(({ record }) => record);
          if (strays.length > 0) await this.#next(() => this.#putRight(strays));
        }),
      );
  }

  /** What a ledger wrote that was not in charge any more: this one's word follows it. */
  async #putRight(strays: readonly LogRecord[]): Promise<void> {
    this.#options.logger.warn({ records: strays.length }, "a ledger wrote that is not in charge any more: put right");
    const findings: Output["findings"] = [];
    const entries: Output["entries"] = new Map();
    for (const record of strays) {
      const { topic, key, offset, time } = record;
      if (topic === "ledger") entries.set(key, this.#fold.entry(key));
      else {
        const told = this.#reader.parse<Finding>(record, findingFlaw);
        if (!told) continue;
        const finding = this.#fold.finding(told.fingerprint) ?? resolve(told, time, "it was never so");
        const type = finding.state === "open" ? "updated" : "resolved";
        findings.push({ type, finding, id: `${told.fingerprint}/${finding.episode}/again/${offset}` });
      }
    }
    await this.#append({ findings, entries });
  }

  #expect(clusters: readonly string[]): void {
    const now = this.#options.clock.monotonic();
    for (const cluster of this.#heard.keys()) if (!clusters.includes(cluster)) this.#heard.delete(cluster);
    for (const cluster of clusters) if (!this.#heard.has(cluster)) this.#heard.set(cluster, now + FIRST_WORD - STALE);
  }

  /** A watcher that says nothing is itself a finding; its next word ends it. */
  #look(): void {
    const { clock, logger } = this.#options;
    const now = clock.monotonic();
    for (const [cluster, heard] of this.#heard) {
      if (now - heard <= STALE || this.#silent.has(cluster)) continue;
      this.#silent.add(cluster);
      this.#next(() => this.#append(this.#fold.silent(cluster, clock.now()))).catch((e) =>
        logger.error({ cluster, err: sayError(e) }, "that a cluster is silent cannot be written"),
      );
    }
  }

  /** Findings as they are now; open ones were last seen when their view last was. */
  findings(state?: FindingState): Finding[] {
    return this.#fold
      .findings()
      .filter((finding) => state === undefined || finding.state === state)
      .map((finding) => this.#seen(finding));
  }

  /** Per cluster: ms since its watcher was last heard of. */
  markAges(): ReadonlyMap<string, number> {
    const now = this.#options.clock.now();
    return new Map([...this.#fold.views()].map(([cluster, { clock }]) => [cluster, Math.max(0, now - clock)]));
  }

  #seen(finding: Finding): Finding {
    if (finding.state !== "open") return finding;
    const instance = finding.instance === undefined ? finding.case : `${finding.case}@${finding.instance}`;
    if (this.#fold.isStale(finding.cluster, instance)) return { ...finding, stale: true };
    const clock = this.#fold.view(finding.cluster)?.clock ?? 0;
    return clock > Date.parse(finding.lastSeen) ? { ...finding, lastSeen: new Date(clock).toISOString() } : finding;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined); // who asked for it is told
    return turn;
  }

  async #take(records: readonly LogRecord[], subscription: Subscription): Promise<void> {
    const findings: Output["findings"] = [];
    const entries: Output["entries"] = new Map();
    let lastMark: LogRecord | undefined;
    for (const record of records) {
      const output = this.#read(record);
      if (record.headers.ce_type === TYPES.mark) lastMark = record;
      findings.push(...(output?.findings ?? []));
      for (const [id, entry] of output?.entries ?? []) entries.set(id, entry);
    }
    await this.#append({ findings, entries });
    await this.#reader.settled;
    // A ledger that starts must know how old its views are: it begins with the last mark, and drops what it has seen.
    if (lastMark) void this.#commit(lastMark, subscription);
  }

  async #commit({ partition, offset }: LogRecord, subscription: Subscription): Promise<void> {
    const { logger, lost } = this.#options;
    try {
      await subscription.commit(partition, offset);
    } catch (e) {
      if (isFault(e, "log-closed")) return;
      logger.warn({ err: sayError(e) }, "how far verdicts were read cannot be committed");
      if (isFault(e, "log-partition-lost")) lost?.(e);
    }
  }

  #read(record: LogRecord): Output | undefined {
    const mark = this.#reader.read<Mark>(record, TYPES.mark, markFlaw);
    if (mark) {
      this.#heard.set(mark.cluster, this.#options.clock.monotonic());
      this.#silent.delete(mark.cluster);
      return this.#fold.mark(mark, record);
    }
    const verdict = this.#reader.read<Verdict>(record, TYPES.verdict, verdictFlaw);
    if (!verdict) return undefined;
    const { offset, time, headers } = record;
    return this.#fold.verdict(verdict, { offset, time, traceparent: headers.ce_traceparent });
  }

  /** Findings first, then what is held of their keys: after a crash between, the verdict is read again and says the same. */
  async #append({ findings, entries }: Output): Promise<void> {
    const told: NewRecord[] = findings.map(({ type, finding, id }) =>
      recordOf({
        topic: "findings",
        key: [finding.fingerprint],
        type: TYPE[type],
        id,
        source: `/clusters/${finding.cluster}/ledger`,
        traceparent: finding.traceparent,
        subject: [finding.subject.kind, finding.subject.namespace ?? "", finding.subject.name].join("/"),
        dataText: JSON.stringify(finding),
      }),
    );
    const held: NewRecord[] = [...entries].map(([id, entry]) => ({
      ...recordOf({
        topic: "ledger",
        key: [],
        type: TYPES.ledger,
        id,
        source: "/ledger",
        dataText: entry ? JSON.stringify(entry) : null,
      }),
      key: id,
    }));
    // One append of both could leave the second without the first, where topics are stored apart.
    await this.#write(told);
    await this.#write(held);
  }

  async #write(made: readonly NewRecord[]): Promise<void> {
    const term = this.#term?.epoch;
    const records =
      term === undefined ? made : made.map((one) => ({ ...one, headers: { ...one.headers, [TERM]: String(term) } }));
    for (let pause = 100; records.length > 0; pause = Math.min(pause * 2, 5_000)) {
      try {
        await this.#options.log.append(records);
        return;
      } catch (e) {
        if (isFault(e, "log-closed")) throw e;
        this.#options.logger.error({ err: sayError(e) }, "findings cannot be written; trying again");
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}
