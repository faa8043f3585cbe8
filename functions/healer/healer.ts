import { setTimeout as wait } from "node:timers/promises";
import { type ConfigSet, followConfig, instancesOf } from "#broker/config-view.ts";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { isOwnKind } from "#sdk/case/own-kinds.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { NodeCondition } from "#sdk/operation/condition.ts";
import type { RemedyDue, Strategy } from "#sdk/operation/remedy.ts";
import { instanceId, kindsOf } from "#sdk/resources/instances.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { conditionFlaw, dueFlaw, findingFlaw, wordFlaw } from "#sdk/shapes.ts";
import type { Finding } from "#sdk/terms.ts";
import { Accounts } from "./accounts.ts";
import { type Fault, ofCondition, ofFinding } from "./ailments.ts";
import { Courses, type Pending } from "./courses.ts";
import { CONDITION } from "./matching.ts";
import { recordOfEffect, takeDue, takeWord } from "./records.ts";
import { type Stats, statsOf } from "./stats.ts";
import { type Word, whatOf, wordOf } from "./words.ts";

export interface HealerOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
  /** Names of all operations. */
  readonly operations: ReadonlySet<string>;
}

/** ms: the longest that a timer sleeps, and the pause after a write that failed. */
const LONGEST = 60_000;
const PAUSE = 500;

/** Kinds that say nothing of how old a view is. */
const hasNoView = (kind: string) => kind === "*" || isOwnKind(kind);

/** Remembers what each remedy waits for (a ladder, consent, a budget's return), and makes it due. One per fleet. */
export class Healer {
  readonly #options: HealerOptions;
  readonly #courses = new Courses();
  readonly #accounts = new Accounts();
  readonly #subscriptions: Subscription[] = [];
  readonly #stop = new AbortController();
  readonly #reader: RecordReader;
  #instances: ReturnType<typeof instancesOf> = () => undefined;
  #remediers: readonly Remedier[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isLive = false;
  #writing: Promise<void> | undefined;

  constructor(options: HealerOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "healer" });
  }

  /** What was asked and what came of it first, then what is wrong: so nothing is made due twice. */
  async start(): Promise<void> {
    const { log } = this.#options;
    this.#subscriptions.push(await followConfig(log, (set) => this.#configure(set)));
    for (const topic of ["due", "remedies", "findings", "events"]) {
      const subscription = log.subscribe({ topic }, (records) => this.#take(topic, records));
      this.#subscriptions.push(subscription);
      await subscription.caughtUp;
    }
    this.#isLive = true;
    this.#wake();
  }

  /** Rejects where it cannot go on reading. */
  get done(): Promise<unknown> {
    return Promise.all(this.#subscriptions.map((one) => one.done));
  }

  async stop(): Promise<void> {
    this.#isLive = false;
    this.#stop.abort();
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) await subscription.close();
    await this.#writing;
  }

  /** What is done about each fault that a remedier is for. */
  pending(): Pending[] {
    return this.#courses.pending(this.#options.clock.now());
  }

  get accounts(): Accounts {
    return this.#accounts;
  }

  stats(): Stats {
    return statsOf(this.#accounts, this.#remediers);
  }

  #configure(set: ConfigSet): void {
    this.#instances = instancesOf(set);
    this.#remediers = set.remediers;
    this.#courses.configure({
      remediers: set.remediers,
      operations: this.#options.operations,
      strategyOf: (fault, remedier) => this.#strategyOf(fault, remedier),
      flawOf: (remedier) => this.#flawOf(remedier),
    });
    this.#wake();
  }

  /** The more careful one counts; and a remedier that failed too often only observes. */
  #strategyOf({ ailment }: Fault, remedier: Remedier): Strategy {
    if (remedier.spec.strategy !== "act" || this.#flawOf(remedier) !== undefined) return "observe";
    if (ailment.case.startsWith(CONDITION)) return "act";
    return this.#instances(ailment.cluster)?.get(ailment.instance ?? ailment.case)?.strategy ?? "observe";
  }

  /** Why it may not act, though it was told to. */
  #flawOf({ metadata, spec }: Remedier): string | undefined {
    return spec.strategy === "act" ? this.#accounts.flaw(metadata.name, spec.minSuccess) : undefined;
  }

  #take(topic: string, records: readonly LogRecord[]): Promise<void> | undefined {
    for (const record of records) {
      if (topic === "findings") {
        const finding = this.#reader.parse<Finding>(record, findingFlaw);
        if (finding) this.#finding(finding);
      } else if (topic === "events") {
        const fact = this.#reader.read<NodeCondition>(record, TYPES.nodeCondition, conditionFlaw);
        if (fact) this.#condition(fact);
      } else if (topic === "due") {
        const due = this.#reader.read<RemedyDue>(record, TYPES.remedyDue, dueFlaw);
        if (due) takeDue(this.#courses, due);
      } else this.#word(record);
    }
    this.#wake();
    return this.#reader.settled;
  }

  #word(record: LogRecord): void {
    const what = whatOf(record.headers.ce_type);
    const data = what && this.#reader.read(record, `dev.roundsman.remedy.${what}.v1`, wordFlaw);
    if (!data) return;
    const word: Word = wordOf(what, data, record.time);
    takeWord(this.#courses, word);
    this.#accounts.take(word);
  }

  #finding(finding: Finding): void {
    const instance = this.#instances(finding.cluster)?.get(instanceId(finding.case, finding.instance));
    const kinds = instance ? kindsOf(instance.manifest).filter((kind) => !hasNoView(kind)) : [];
    const fault = ofFinding(finding, kinds);
    if (fault) this.#courses.fault(fault);
    this.#accounts.finding(finding);
  }

  #condition(fact: NodeCondition): void {
    this.#courses.fault(ofCondition(fact));
    this.#accounts.condition(fact);
  }

  /** Looks now, and again when time alone may bring something. */
  #wake(): void {
    if (!this.#isLive || this.#writing) return;
    clearTimeout(this.#timer);
    const at = this.#courses.nextAt;
    if (at === undefined) return;
    const { now } = this.#options.clock;
    // What came together is looked at together.
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(at - now(), 0), LONGEST));
  }

  #look(): void {
    const records = this.#courses.take(this.#options.clock.now()).map(recordOfEffect);
    this.#writing = records.length === 0 ? undefined : this.#write(records).finally(() => this.#written());
    if (!this.#writing) this.#wake();
  }

  #written(): void {
    this.#writing = undefined;
    this.#wake();
  }

  /** What is due was taken out: it is written, however often that takes. A restart would make it due anew. */
  async #write(records: ReturnType<typeof recordOfEffect>[]): Promise<void> {
    const { log, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await log.append(records);
        return;
      } catch (e) {
        if (isFault(e, "log-closed")) return;
        logger.error({ err: sayError(e) }, "what is due cannot be written; trying again");
        await wait(PAUSE, undefined, { signal }).catch(() => undefined); // stopped
      }
    }
  }
}
