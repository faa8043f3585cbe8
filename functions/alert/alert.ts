import { setTimeout as wait } from "node:timers/promises";
import { type ConfigSet, followConfig, instancesOf } from "#broker/config-view.ts";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { AlertSubscription } from "#sdk/resources/schemas.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { findingFlaw, redeliverFlaw } from "#sdk/shapes.ts";
import { CANARY, type Finding, type Redelivery } from "#sdk/terms.ts";
import { CANARY_SUBSCRIPTION, CanaryWatch, type Heard } from "./canary.ts";
import { decide, type Notice, type Told, toldBy } from "./decide.ts";
import type { Sink } from "./sinks/sink.ts";

export interface AlertOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly logger: Logger;
  readonly random: () => number;
  readonly sinkOf: (subscription: AlertSubscription) => Sink;
}

/** ms */
const COMMIT_EVERY = 1_000;
const PAUSE_FIRST = 500;
const PAUSE_MOST = 60_000;

/** Reads findings for every subscription by itself, so that a sink which is down holds up no other. */
export class Alert {
  readonly #options: AlertOptions;
  readonly #running = new Map<string, { text: string; teller: Teller }>();
  readonly #reader: RecordReader;
  #config: Subscription | undefined;
  #due: Subscription | undefined;
  readonly #canary: CanaryWatch;

  constructor(options: AlertOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ ...options, by: "alert" });
    this.#canary = new CanaryWatch(options);
  }

  async start(): Promise<void> {
    const { log } = this.#options;
    this.#canary.start();
    this.#config = await followConfig(log, (set) => this.#configure(set));
    this.#due = log.subscribe({ topic: "due", group: "alert" }, (records, reading) =>
      this.#redeliver(records, reading),
    );
  }

  /** Rejects with what broke it. */
  get done(): Promise<unknown> {
    return Promise.all([this.#config!.done, this.#due!.done]);
  }

  /** Per subscription that runs, since it does. */
  counts(): ReadonlyMap<string, Counts> {
    return new Map([...this.#running].map(([name, { teller }]) => [name, teller.counts]));
  }

  /** Per cluster that has a canary. */
  canaries(): ReadonlyMap<string, Heard> {
    return this.#canary.heard();
  }

  async stop(): Promise<void> {
    this.#canary.stop();
    await this.#due?.close();
    await this.#config?.close();
    await Promise.all([...this.#running.values()].map(({ teller }) => teller.stop()));
  }

  /** Each subscription in its own time: one that is down holds up no other. */
  async #redeliver(records: readonly LogRecord[], reading: Subscription): Promise<void> {
    for (const record of records) {
      const wanted = this.#reader.read<Redelivery>(record, TYPES.redeliver, redeliverFlaw);
      if (wanted) this.#running.get(wanted.subscription)?.teller.redeliver(wanted);
    }
    await this.#reader.settled;
    const last = records.at(-1)!;
    await reading.commit(last.partition, last.offset + 1).catch((e) => {
      if (!isFault(e, "log-closed"))
        this.#options.logger.warn({ err: sayError(e) }, "what is told again may be told twice");
    });
  }

  async #configure(set: ConfigSet): Promise<void> {
    const sings = (cluster: string) => instancesOf(set)(cluster)?.has(CANARY) === true;
    const singing = set.clusters.map(({ metadata }) => metadata.name).filter(sings);
    this.#canary.expect(singing);
    const all = singing.length === 0 ? set.subscriptions : [...set.subscriptions, CANARY_SUBSCRIPTION];
    const wanted = new Map(all.map((one) => [one.metadata.name, one]));
    for (const [name, { text, teller }] of [...this.#running]) {
      if (JSON.stringify(wanted.get(name)) === text) continue;
      this.#running.delete(name);
      await teller.stop();
    }
    for (const [name, subscription] of wanted) {
      if (this.#running.has(name)) continue;
      const { sinkOf } = this.#options;
      const sink = subscription === CANARY_SUBSCRIPTION ? this.#canary.sink : sinkOf(subscription);
      const teller = new Teller(subscription, this.#options, sink);
      this.#running.set(name, { text: JSON.stringify(subscription), teller });
      await teller.start();
    }
  }
}

/** What became of the notices of one subscription; `tries`: how often the one that waits has failed. */
export interface Counts {
  readonly told: number;
  readonly failed: number;
  readonly refused: number;
  readonly tries: number;
}

/** One subscription, one sink. */
class Teller {
  readonly #subscription: AlertSubscription;
  readonly #options: AlertOptions;
  readonly #sink: Sink;
  readonly #reader: RecordReader;
  readonly #told = new Map<string, Told>();
  readonly #stop = new AbortController();
  /** Findings below this offset are from before the subscription: only what is still open of them is told. */
  #since = 0;
  readonly #history = new Map<string, Finding>();
  #reading: Subscription | undefined;
  /** The next record to read, as far as it is not committed. */
  #position: { readonly partition: number; readonly offset: number } | undefined;
  #committing: NodeJS.Timeout | undefined;
  /** One after the other, or a finding could be resolved before it is told. */
  #turn: Promise<void> = Promise.resolve();
  readonly counts = { told: 0, failed: 0, refused: 0, tries: 0 };

  constructor(subscription: AlertSubscription, options: AlertOptions, sink: Sink) {
    this.#subscription = subscription;
    this.#options = options;
    this.#sink = sink;
    this.#reader = new RecordReader({ ...options, by: "alert" });
  }

  get #name(): string {
    return this.#subscription.metadata.name;
  }

  async start(): Promise<void> {
    const { log } = this.#options;
    let began: number | undefined;
    for await (const records of log.read("notices"))
      for (const record of records) {
        const [name, fingerprint] = parseJson(record.key) as [string, string];
        const said = name === this.#name ? this.#reader.parse<Told & { since: number }>(record) : undefined;
        if (said && fingerprint === "") began = said.since;
        else if (said) this.#told.set(fingerprint, said);
      }
    this.#since = began ?? (await log.end("findings"));
    if (began === undefined) await log.append([this.#record("", `began/${this.#since}`, { since: this.#since })]);
    this.#reading = log.subscribe({ topic: "findings", group: `alert/${this.#name}` }, (records, reading) =>
      this.#next(() => this.#take(records, reading)),
    );
    void this.#reading.caughtUp.then(() => this.#next(() => this.#tellHistory())).catch((e) => this.#failed(e));
    this.#reading.done.catch((e) => this.#failed(e));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    if (!this.#reading) return;
    await this.#commit(this.#reading);
    await this.#reading.close();
  }

  /** Tells again what was told since then, under the same ids; after what is being told now. */
  redeliver(wanted: Redelivery): void {
    this.#next(() => this.#again(wanted)).catch((e) => this.#failed(e));
  }

  async #again({ since = 0, fingerprint, offset = 0 }: Redelivery): Promise<void> {
    const told = new Map<string, Told>();
    for await (const records of this.#options.log.read("findings", { from: offset }))
      for (const record of records) {
        if (record.time < since) continue;
        const finding = this.#reader.parse<Finding>(record, findingFlaw);
        if (!finding || (fingerprint !== undefined && finding.fingerprint !== fingerprint)) continue;
        const notice = decide(this.#subscription, finding, told.get(finding.fingerprint) ?? this.#begun(finding));
        if (!notice) continue;
        await this.#tell(notice, record);
        if (this.#stop.signal.aborted) return;
        told.set(finding.fingerprint, toldBy(notice));
      }
    await this.#reader.settled;
  }

  /** The end of an episode is told again though its beginning lies before the time that is asked for. */
  #begun({ fingerprint, episode, state }: Finding): Told | undefined {
    const told = this.#told.get(fingerprint);
    return state === "resolved" && told?.episode === episode ? { ...told, state: "open" } : undefined;
  }

  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined); // who asked for it is told
    return turn;
  }

  #failed(e: unknown): void {
    if (this.#stop.signal.aborted || isFault(e, "log-closed")) return;
    this.#options.logger.error({ subscription: this.#name, err: sayError(e) }, "an alert subscription stopped");
  }

  #record(fingerprint: string, id: string, data: object) {
    return recordOf({
      topic: "notices",
      key: [this.#name, fingerprint],
      type: TYPES.notice,
      id: `${this.#name}/${id}`,
      source: "/alert",
      dataText: JSON.stringify(data),
    });
  }

  async #take(records: readonly LogRecord[], reading: Subscription): Promise<void> {
    for (const record of records) {
      const finding = this.#reader.parse<Finding>(record, findingFlaw);
      if (!finding) continue;
      if (record.offset < this.#since) {
        this.#history.set(finding.fingerprint, finding);
        continue;
      }
      await this.#tellHistory();
      await this.#consider(finding, record);
      if (this.#stop.signal.aborted) return;
    }
    await this.#reader.settled;
    const last = records.at(-1)!;
    if (this.#history.size === 0) this.#commitLater(reading, last.partition, last.offset + 1);
  }

  /** What was told is known by its notice: a position that is lost only costs reading again, so it may wait. */
  #commitLater(reading: Subscription, partition: number, offset: number): void {
    this.#position = { partition, offset };
    this.#committing ??= setTimeout(() => void this.#commit(reading), COMMIT_EVERY);
  }

  async #commit(reading: Subscription): Promise<void> {
    clearTimeout(this.#committing);
    this.#committing = undefined;
    const position = this.#position;
    this.#position = undefined;
    if (position) await reading.commit(position.partition, position.offset).catch((e) => this.#failed(e));
  }

  async #tellHistory(): Promise<void> {
    for (const [fingerprint, finding] of [...this.#history]) {
      this.#history.delete(fingerprint);
      await this.#consider(finding);
    }
  }

  async #consider(finding: Finding, record?: LogRecord): Promise<void> {
    const notice = decide(this.#subscription, finding, this.#told.get(finding.fingerprint));
    if (!notice) return;
    await this.#tell(notice, record);
    if (this.#stop.signal.aborted) return;
    const told = toldBy(notice);
    this.#told.set(finding.fingerprint, told);
    await this.#options.log.append([this.#record(finding.fingerprint, notice.id, told)]);
  }

  /** Until the sink has it: one that is down delays and loses nothing. What it refuses for good is set aside. */
  async #tell(notice: Notice, record: LogRecord | undefined): Promise<void> {
    const { logger, random } = this.#options;
    const { signal } = this.#stop;
    for (let tries = 1, pause = PAUSE_FIRST; !signal.aborted; tries++, pause = Math.min(pause * 2, PAUSE_MOST)) {
      try {
        await this.#sink.tell(notice);
        this.counts.told++;
        this.counts.tries = 0;
        return;
      } catch (e) {
        if (isFault(e, "sink-refused")) {
          logger.error(
            { subscription: this.#name, notice: notice.id, err: e.message },
            "a notice was refused and is set aside",
          );
          this.counts.refused++;
          this.counts.tries = 0;
          if (record) this.#reader.setAside(record, e, { tries, subscription: this.#name });
          await this.#reader.settled;
          return;
        }
        this.counts.failed++;
        this.counts.tries = tries;
        const asked = isFault(e, "sink-unreachable") ? Number(e.details.retryAfter) : 0;
        logger.warn(
          { subscription: this.#name, notice: notice.id, tries, err: sayError(e) },
          "a sink did not take a notice; trying again",
        );
        await wait(Math.max(asked, pause / 2 + random() * (pause / 2)), undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
