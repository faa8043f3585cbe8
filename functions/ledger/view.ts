import { followConfig, instancesOf } from "#broker/config-view.ts";
import { type ReaderOptions, RecordReader } from "#broker/dead-letter/reader.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { findingFlaw, markFlaw } from "#sdk/shapes.ts";
import type { Finding, FindingState, Mark } from "#sdk/terms.ts";
import { STALE } from "./fold.ts";
import { settingsOf } from "./settings.ts";
import type { InstancesOf } from "./state.ts";

/** A finding with the record that told it last. */
export interface Told {
  readonly finding: Finding;
  readonly offset: number;
  /** `raised`, `updated` or `resolved`. */
  readonly what: string;
}

interface Heard {
  readonly mark: Mark;
  /** Unix ms: the mark's append. */
  readonly time: number;
  /** By the monotonic clock. */
  readonly at: number;
}

export interface FindingsViewOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: ReaderOptions["logger"];
}

const WHAT: Readonly<Record<string, string>> = {
  [TYPES.raised]: "raised",
  [TYPES.updated]: "updated",
  [TYPES.resolved]: "resolved",
};

/**
 * Findings as topic `findings` has them: the same in every replica of the ledger, whichever of them writes. How fresh they are
 * it knows by marks; of a cluster whose watcher is silent it says so by itself.
 */
export class FindingsView {
  readonly #options: FindingsViewOptions;
  readonly #told = new Map<string, Told>();
  readonly #marks = new Map<string, Heard>();
  readonly #listeners = new Set<(told: Told) => void>();
  readonly #subscriptions: Subscription[] = [];
  readonly #reader: RecordReader;
  #instancesOf: InstancesOf = () => undefined;
  #started = 0;

  constructor(options: FindingsViewOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "ledger" });
  }

  /** Resolves when it has all that there was. */
  async start(): Promise<void> {
    const { log, clock } = this.#options;
    this.#started = clock.monotonic();
    this.#subscriptions.push(
      await followConfig(log, (set) => {
        this.#instancesOf = instancesOf(set);
      }),
      log.subscribe({ topic: "verdicts", from: "end" }, (records) => this.#hear(records)),
    );
    const findings = log.subscribe({ topic: "findings" }, (records) => this.#take(records));
    this.#subscriptions.push(findings);
    await findings.caughtUp;
  }

  async stop(): Promise<void> {
    for (const one of this.#subscriptions) await one.close();
  }

  /** Rejects with what broke it. */
  get done(): Promise<unknown> {
    return Promise.all(this.#subscriptions.map(({ done }) => done));
  }

  findings(state?: FindingState): Finding[] {
    return [...this.#told.values()].flatMap(({ finding }) =>
      state === undefined || finding.state === state ? [this.#seen(finding)] : [],
    );
  }

  /** Per cluster: ms since its watcher was last heard of. */
  markAges(): ReadonlyMap<string, number> {
    const now = this.#options.clock.monotonic();
    return new Map([...this.#marks].map(([cluster, { at }]) => [cluster, now - at]));
  }

  /** What was told last of each finding, after an offset, in order; and from here on to `listener`. Ends when it is called. */
  follow(after: number | undefined, listener: (told: Told) => void): { readonly before: readonly Told[]; end(): void } {
    const before = [...this.#told.values()]
      .filter(({ offset, finding }) => (after === undefined ? finding.state === "open" : offset > after))
      .sort((a, b) => a.offset - b.offset);
    this.#listeners.add(listener);
    return { before, end: () => void this.#listeners.delete(listener) };
  }

  #take(records: readonly LogRecord[]): void {
    for (const record of records) {
      const { key, value, offset, headers } = record;
      if (value === null) this.#told.delete((parseJson(key) as [string])[0]);
      const finding = this.#reader.parse<Finding>(record, findingFlaw);
      if (!finding) continue;
      const told = { finding, offset, what: WHAT[headers.ce_type!] ?? "updated" };
      this.#told.set(finding.fingerprint, told);
      for (const listener of this.#listeners) listener(told);
    }
  }

  #hear(records: readonly LogRecord[]): void {
    for (const record of records) {
      const mark = this.#reader.read<Mark>(record, TYPES.mark, markFlaw);
      if (!mark) continue;
      const before = this.#marks.get(mark.cluster)?.mark.stamp.epoch ?? 0;
      if (mark.stamp.epoch >= before)
        this.#marks.set(mark.cluster, { mark, time: record.time, at: this.#options.clock.monotonic() });
    }
  }

  #seen(finding: Finding): Finding {
    if (finding.state !== "open") return finding;
    const heard = this.#marks.get(finding.cluster);
    if (this.#isStale(finding, heard)) return { ...finding, stale: true };
    const seen = heard && heard.time > Date.parse(finding.lastSeen);
    return seen ? { ...finding, lastSeen: new Date(heard.time).toISOString() } : finding;
  }

  #isStale({ cluster, case: name, instance }: Finding, heard: Heard | undefined): boolean {
    const silent = this.#options.clock.monotonic() - (heard?.at ?? this.#started);
    if (silent > STALE) return true;
    if (!heard) return false;
    const id = instance === undefined ? name : `${name}@${instance}`;
    const kinds = settingsOf(id, this.#instancesOf(cluster)?.get(id))?.kinds ?? [];
    return kinds.some((kind) => (heard.mark.ages[kind] ?? Number.POSITIVE_INFINITY) > STALE);
  }
}
