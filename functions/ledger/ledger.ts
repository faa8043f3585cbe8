import { followConfig, instancesOf } from "#broker/config-view.ts";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { Log, LogRecord, NewRecord, Subscription } from "#broker/log/log.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { findingFlaw, ledgerEntryFlaw, markFlaw, verdictFlaw } from "#sdk/shapes.ts";
import type { Finding, FindingState, Mark, Verdict } from "#sdk/terms.ts";
import { LedgerFold } from "./fold.ts";
import type { Entry, Output } from "./state.ts";

export interface LedgerOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Its verdicts went to another ledger: this one must stop. */
  readonly lost?: (e: unknown) => void;
}

const TYPE = { raised: TYPES.raised, updated: TYPES.updated, resolved: TYPES.resolved } as const;
const GROUP = "ledger";

/** Turns verdicts into findings raised, updated and resolved. One process owns it. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #fold = new LedgerFold();
  readonly #reader: RecordReader;
  #config: Subscription | undefined;
  #verdicts: Subscription | undefined;
  /** One change at a time: records and configuration come from two subscriptions. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "ledger" });
  }

  /** Takes back what it held, closes what does not run any more, and follows verdicts and marks. */
  async start(): Promise<void> {
    const { log, clock } = this.#options;
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
    this.#config = await followConfig(log, (set) =>
      this.#next(() => this.#append(this.#fold.configure(instancesOf(set), { offset: 0, time: clock.now() }))),
    );
    this.#verdicts = log.subscribe({ topic: "verdicts", group: GROUP }, (records, subscription) =>
      this.#next(() => this.#take(records, subscription)),
    );
    await this.#verdicts.caughtUp;
  }

  async stop(): Promise<void> {
    await this.#verdicts?.close();
    await this.#config?.close();
  }

  /** Rejects with what broke it. */
  get done(): Promise<void> {
    return this.#verdicts!.done;
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
    if (mark) return this.#fold.mark(mark, record);
    const verdict = this.#reader.read<Verdict>(record, TYPES.verdict, verdictFlaw);
    return verdict && this.#fold.verdict(verdict, record);
  }

  /** Findings first, then what is held of their keys: after a crash between, the verdict is read again and says the same. */
  async #append({ findings, entries }: Output): Promise<void> {
    const records: NewRecord[] = findings.map(({ type, finding, id }) =>
      recordOf({
        topic: "findings",
        key: [finding.fingerprint],
        type: TYPE[type],
        id,
        source: `/clusters/${finding.cluster}/ledger`,
        subject: [finding.subject.kind, finding.subject.namespace ?? "", finding.subject.name].join("/"),
        dataText: JSON.stringify(finding),
      }),
    );
    for (const [id, entry] of entries)
      records.push({
        ...recordOf({
          topic: "ledger",
          key: [],
          type: TYPES.ledger,
          id,
          source: "/ledger",
          dataText: entry ? JSON.stringify(entry) : null,
        }),
        key: id,
      });
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
