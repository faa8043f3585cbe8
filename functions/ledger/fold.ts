import { parseJson } from "#sdk/event/json.ts";
import {
  type CheckError,
  compareStamps,
  type Finding,
  type Key,
  type Mark,
  type Stamp,
  type StatedProblem,
  type Verdict,
} from "#sdk/terms.ts";
import { isNews, resolve, sayFinding } from "./finding.ts";
import {
  CASE_HEALTH,
  healthProblem,
  isOwn,
  LEFT_OUT,
  leftOutProblem,
  restoredError,
  type Settings,
  STALE_VIEW,
  settingsOf,
  silentProblem,
  staleProblem,
} from "./settings.ts";
import { type Entry, entryId, type InstancesOf, type Output, type Statement, type View } from "./state.ts";
import { LedgerStore } from "./store.ts";

/** A verdict that took no longer speaks of now; one that comes later waits for a mark to say what came after it. */
export const FRESH = 1_000;
/** A view older than this freezes what depends on it (CONTRACTS 3 and DESIGN 2: 30 s). */
export const STALE = 30_000;

interface Position {
  readonly offset: number;
  /** Unix ms of the append. */
  readonly time: number;
  /** The record's. */
  readonly traceparent?: string | undefined;
}

/**
 * Verdicts and marks in, findings out. Knows no clock and does no I/O: every moment is a record's. The same records
 * give the same findings, and lost, doubled or late ones converge to them.
 */
export class LedgerFold {
  readonly #store = new LedgerStore();
  readonly #refused = new Map<string, CheckError>();
  readonly #views = new Map<string, View>();
  #instancesOf: InstancesOf = () => undefined;
  #output: Output = { findings: [], entries: new Map() };

  /** Takes back what was written before: the last record of each entry and finding. */
  restore(entries: Iterable<Entry>, findings: Iterable<Finding>): void {
    for (const finding of findings) this.#store.hold(finding, Date.parse(finding.lastSeen));
    for (const entry of entries) {
      const { cluster, instance, key, statements } = entry;
      this.#store.set(entryId(cluster, instance, key), entry);
      // Whether it is refused still, the first mark will tell.
      if (instance === CASE_HEALTH && statements[0])
        this.#refused.set(of(cluster, String(key)), restoredError(String(key), statements[0].problem));
    }
  }

  findings(): Finding[] {
    return this.#store.findings();
  }

  /** A finding as it stands. */
  finding(fingerprint: string): Finding | undefined {
    return this.#store.finding(fingerprint)?.finding;
  }

  /** What is held of a key, by its id. */
  entry(id: string): Entry | undefined {
    return this.#store.entry(id);
  }

  /** Nothing was heard of a cluster's watcher for so long that what it said last is old. */
  silent(cluster: string, time: number): Output {
    return this.#collect(() => {
      if (!this.#instancesOf(cluster)) return;
      const view = this.#views.get(cluster);
      // Whatever depends on a view of it waits for the next one.
      if (view) this.#views.set(cluster, { ...view, ages: {} });
      this.#own(cluster, STALE_VIEW, cluster, silentProblem(cluster), { offset: 0, time });
    });
  }

  view(cluster: string): View | undefined {
    return this.#views.get(cluster);
  }

  /** Per cluster what its latest mark told. */
  views(): ReadonlyMap<string, View> {
    return this.#views;
  }

  /** Whether what the finding depends on has not been seen for too long: it is neither raised nor resolved. */
  isStale(cluster: string, instance: string): boolean {
    const settings = this.#settings(cluster, instance);
    return settings !== undefined && this.#frozen(cluster, settings);
  }

  verdict(verdict: Verdict, position: Position): Output {
    return this.#collect(() => {
      const { cluster, instance, key, stamp } = verdict;
      const settings = isOwn(instance) ? undefined : this.#settings(cluster, instance);
      if (!settings) return;
      const id = entryId(cluster, instance, key);
      const entry = this.#store.entry(id);
      if (this.#isOld(id, entry, verdict, position)) return;
      if (verdict.outcome === "error" || verdict.outcome === "skip") {
        // An answer stands against a failure of the same check that is told later.
        if (entry && !entry.error && compareStamps(stamp, entry.stamp) === 0) return;
        const error =
          verdict.outcome === "error"
            ? (verdict.error ?? { code: "error", message: "it could not run" })
            : entry?.error;
        this.#put(id, {
          cluster,
          instance,
          key,
          stamp,
          offset: position.offset,
          statements: entry?.statements ?? [],
          ...(error && { error }),
        });
      } else {
        // A late answer is said when it comes, not when its rows were taken: what changed since is not known yet.
        const late = verdict.late ?? 0;
        const moment = late <= FRESH ? position.time - late : position.time;
        const speaksOfNow = late <= FRESH && !this.#frozen(cluster, settings);
        this.#state(id, { cluster, instance, key, stamp }, settings, verdict.problems, position, moment);
        this.#settleAll(id, entry, speaksOfNow ? moment : Number.NEGATIVE_INFINITY, position.time);
      }
      this.#health(cluster, instance, position);
    });
  }

  mark(mark: Mark, position: Position): Output {
    return this.#collect(() => {
      const { cluster, stamp } = mark;
      const before = this.#views.get(cluster);
      if (!this.#instancesOf(cluster) || (before && stamp.epoch < before.epoch)) return;
      const view = {
        clock: position.time,
        epoch: stamp.epoch,
        floor: mark.floor,
        ages: mark.ages,
        unanswered: mark.unanswered,
      };
      this.#views.set(cluster, view);
      this.#store.sweep(cluster, view);
      for (const id of this.#store.waiting(cluster)) {
        const entry = this.#store.entry(id)!;
        const settings = this.#settings(cluster, entry.instance);
        if (!settings || entry.error || this.#frozen(cluster, settings)) continue;
        const limit = view.clock - (mark.unanswered[entry.instance] ?? 0);
        this.#settleAll(id, entry, limit, position.time);
      }
      this.#refusals(cluster, mark, position);
      this.#viewProblems(cluster, mark, position);
    });
  }

  /** What runs now, complete: findings of what does not run any more are closed with a reason. */
  configure(instancesOf: InstancesOf, position: Position): Output {
    this.#instancesOf = instancesOf;
    return this.#collect(() => {
      for (const [id, entry] of this.#store.entries()) {
        const running = instancesOf(entry.cluster);
        const subject = entry.instance === CASE_HEALTH ? String(entry.key) : entry.instance;
        if (running?.has(subject) || (running && (entry.instance === STALE_VIEW || entry.instance === LEFT_OUT)))
          continue;
        const reason = running ? "the case does not run on this cluster any more" : "the cluster was removed";
        this.#put(id, undefined);
        for (const { problem } of entry.statements) this.#resolve(problem.fingerprint, position.time, reason);
      }
    });
  }

  #collect(change: () => void): Output {
    this.#output = { findings: [], entries: new Map() };
    change();
    return this.#output;
  }

  #settings(cluster: string, instance: string): Settings | undefined {
    return settingsOf(instance, this.#instancesOf(cluster)?.get(instance));
  }

  /** Before the first mark nothing is known of the view. A ledger that starts reads the last mark again. */
  #frozen(cluster: string, { kinds }: Settings): boolean {
    const ages = this.#views.get(cluster)?.ages;
    return ages === undefined || kinds.some((kind) => (ages[kind] ?? Number.POSITIVE_INFINITY) > STALE);
  }

  /** Doubles, replays, and what an older watcher or an older check said. */
  #isOld(id: string, entry: Entry | undefined, { cluster, stamp }: Verdict, { offset }: Position): boolean {
    const view = this.#views.get(cluster);
    if (view && (stamp.epoch < view.epoch || (stamp.epoch === view.epoch && stamp.seq < view.floor))) return true;
    const known = entry?.stamp ?? this.#store.settledStamp(cluster, id);
    if (known && compareStamps(stamp, known) < 0) return true;
    return entry !== undefined && offset <= entry.offset;
  }

  /** The key's statements become what the verdict says; what it says no more is gone since `moment`. */
  #state(
    id: string,
    of: { cluster: string; instance: string; key: Key; stamp: Stamp },
    settings: Settings,
    problems: readonly StatedProblem[],
    { offset, traceparent }: Position,
    moment: number,
  ): void {
    const before = new Map(this.#store.entry(id)?.statements.map((s) => [s.problem.fingerprint, s]));
    const standing = problems.map((problem): Statement => {
      const known = before.get(problem.fingerprint);
      const same = known && (known.gone === undefined || this.#store.isOpen(problem.fingerprint)) ? known : undefined;
      const first = same?.first ?? moment;
      const trace = same ? same.traceparent : traceparent;
      const opens = Math.max(first, (problem.since ?? first) + (problem.for ?? settings.for));
      const traced = trace !== undefined && { traceparent: trace };
      return { problem, first, opens, said: offset, told: moment, ...traced };
    });
    const stated = new Set(problems.map((p) => p.fingerprint));
    const gone = [...before.values()]
      .filter(({ problem }) => !stated.has(problem.fingerprint) && this.#store.isOpen(problem.fingerprint))
      .map((s): Statement => (s.gone === undefined ? { ...s, gone: moment } : s));
    this.#put(id, { ...of, offset, statements: [...standing, ...gone] });
  }

  #settleAll(id: string, before: Entry | undefined, limit: number, at: number): void {
    const now = this.#store.entry(id);
    const prints = new Set(
      [...(before?.statements ?? []), ...(now?.statements ?? [])].map((s) => s.problem.fingerprint),
    );
    for (const fingerprint of prints) this.#settle(fingerprint, id, limit, at);
    const entry = this.#store.entry(id);
    if (entry) this.#put(id, entry);
  }

  /** Raises, updates or resolves one finding, as far as time has come (`limit`). */
  #settle(fingerprint: string, by: string, limit: number, at: number): void {
    const all = this.#store.stated(fingerprint);
    const standing = all.filter(({ statement }) => statement.gone === undefined);
    const held = this.#store.finding(fingerprint);
    if (standing.length > 0) {
      const due = standing.some(({ id, statement: s }) => id === by && Math.max(s.opens, s.told) <= limit);
      const { entry, statement } = standing.reduce((a, b) => (b.statement.said >= a.statement.said ? b : a));
      const settings = this.#settings(entry.cluster, entry.instance)!;
      const now = sayFinding(entry.cluster, settings, statement, at, held?.finding);
      if (held?.finding.state !== "open") {
        // Not before its last event: then it was told already, and the record is read again after a crash.
        if (due && at > (held?.at ?? 0)) this.#tell("raised", now, at, `${fingerprint}/${at}/raised`);
      } else if (isNews(held, now, at))
        this.#tell("updated", now, at, `${fingerprint}/${now.episode}/${statement.said}`);
      // A key that stated it before has nothing more to say once another does.
      for (const { id } of all) this.#dropGone(id, fingerprint);
      return;
    }
    if (all.length === 0) return;
    const { entry } = all[0]!;
    const clear = this.#settings(entry.cluster, entry.instance)?.clear ?? 0;
    const gone = Math.max(...all.map(({ statement }) => statement.gone!));
    if (gone + clear > limit) return;
    this.#resolve(fingerprint, at);
    for (const { id } of all) this.#dropGone(id, fingerprint);
  }

  #dropGone(id: string, fingerprint: string): void {
    const entry = this.#store.entry(id)!;
    const left = entry.statements.filter((s) => s.gone === undefined || s.problem.fingerprint !== fingerprint);
    if (left.length < entry.statements.length) this.#put(id, { ...entry, statements: left });
  }

  #resolve(fingerprint: string, at: number, reason?: string): void {
    const held = this.#store.finding(fingerprint);
    if (held?.finding.state !== "open" || (reason !== undefined && this.#store.stated(fingerprint).length > 0)) return;
    this.#tell("resolved", resolve(held.finding, at, reason), at, `${fingerprint}/${held.finding.episode}/resolved`);
  }

  #tell(type: "raised" | "updated" | "resolved", finding: Finding, at: number, id: string): void {
    this.#store.hold(finding, at);
    this.#output.findings.push({ type, finding, id });
  }

  /** Keeps an entry, or a tombstone where it holds nothing; tells it on where it changed in more than its stamp. */
  #put(id: string, entry: Entry | undefined): void {
    const before = this.#store.entry(id);
    const now = entry && (entry.statements.length > 0 || entry.error) ? this.#withDue(entry) : undefined;
    this.#store.set(id, now);
    if (!now && entry && !isOwn(entry.instance)) this.#store.settle(entry.cluster, id, entry.stamp);
    const isSame = before && now ? said(before) === said(now) : before === now;
    if (!isSame) this.#output.entries.set(id, now);
  }

  #withDue({ due: _, ...entry }: Entry): Entry {
    if (entry.error) return entry;
    const clear = this.#settings(entry.cluster, entry.instance)?.clear ?? 0;
    const times = entry.statements
      .filter(({ gone, problem }) => gone !== undefined || !this.#store.isOpen(problem.fingerprint))
      .map(({ gone, opens }) => (gone === undefined ? opens : gone + clear));
    return times.length === 0 ? entry : { ...entry, due: Math.min(...times) };
  }

  /** One finding on a case's own health, never one per key. */
  #health(cluster: string, instance: string, position: Position): void {
    const error = this.#refused.get(of(cluster, instance)) ?? this.#store.failing(cluster, instance)?.error;
    this.#own(cluster, CASE_HEALTH, instance, error && healthProblem(cluster, instance, error), position);
  }

  /** A statement of the ledger's own. */
  #own(cluster: string, instance: string, key: string, problem: StatedProblem | undefined, position: Position): void {
    const id = entryId(cluster, instance, key);
    const before = this.#store.entry(id);
    if (!before && !problem) return;
    const { time } = position;
    const own = { cluster, instance, key, stamp: { epoch: 0, seq: 0 } };
    this.#state(id, own, this.#settings(cluster, instance)!, problem ? [problem] : [], position, time);
    this.#settleAll(id, before, time, time);
  }

  #refusals(cluster: string, mark: Mark, position: Position): void {
    for (const id of [...this.#refused.keys()]) {
      const [name, instance] = parseJson(id) as [string, string];
      if (name !== cluster || mark.refused[instance]) continue;
      this.#refused.delete(id);
      this.#health(cluster, instance, position);
    }
    for (const [instance, error] of Object.entries(mark.refused)) {
      if (!this.#settings(cluster, instance)) continue;
      this.#refused.set(of(cluster, instance), error);
      this.#health(cluster, instance, position);
    }
  }

  #viewProblems(cluster: string, mark: Mark, position: Position): void {
    const stale = Object.entries(mark.ages)
      .filter(([, age]) => age !== null && age > STALE)
      .map(([kind]) => kind);
    const problem = stale.length === 0 ? undefined : staleProblem(cluster, stale.sort());
    this.#own(cluster, STALE_VIEW, cluster, problem, position);
    const left = mark.leftOut.length === 0 ? undefined : leftOutProblem(cluster, mark.leftOut);
    this.#own(cluster, LEFT_OUT, cluster, left, position);
  }
}

/** All of an entry but its stamp and offset. */
const said = ({ statements, error, due }: Entry): string =>
  JSON.stringify([statements.map((s) => [s.problem, s.first, s.gone]), error, due]);

const of = (cluster: string, instance: string) => JSON.stringify([cluster, instance]);
