import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Finding, Verdict } from "#sdk/terms.ts";
import { LedgerFold } from "../../functions/ledger/fold.ts";
import { type Entry, entryId, type Output } from "../../functions/ledger/state.ts";
import { expectedEvents } from "./ledger-reference.ts";
import { CLUSTER, instancesOf, type Record, recordsOf, steps } from "./ledger-world.ts";
import { loadMutant, type Mutant } from "./mutate.ts";

/** `npm run long` raises it. */
const RUNS = Number(process.env.ROUNDSMAN_RUNS ?? 500);
type Fold = typeof LedgerFold;

/** What the topics would hold. */
class Topics {
  readonly entries = new Map<string, Entry>();
  readonly findings = new Map<string, Finding>();
  readonly events: { type: string; finding: Finding; id: string }[] = [];

  append(output: Output): void {
    for (const event of output.findings) {
      this.events.push(event);
      this.findings.set(event.finding.fingerprint, event.finding);
    }
    for (const [id, entry] of output.entries) entry ? this.entries.set(id, entry) : this.entries.delete(id);
  }
}

function start(FoldClass: Fold, topics: Topics, time: number): LedgerFold {
  const fold = new FoldClass();
  fold.restore(topics.entries.values(), topics.findings.values());
  topics.append(fold.configure(instancesOf, { offset: 0, time }));
  return fold;
}

const play = (fold: LedgerFold, record: Record): Output =>
  "mark" in record ? fold.mark(record.mark, record) : fold.verdict(record.verdict, record);
const onCases = (events: Topics["events"]) => events.filter(({ finding }) => finding.case.startsWith("x/"));
const say = (events: Topics["events"]) =>
  onCases(events)
    .filter((e) => e.type !== "updated")
    .map((e) => `${e.type} ${e.finding.fingerprint} ${Date.parse(e.finding.lastSeen)}`);

function agreesWithReference(FoldClass: Fold, records: readonly Record[]): void {
  const topics = new Topics();
  const fold = start(FoldClass, topics, 0);
  for (const record of records) topics.append(play(fold, record));
  same(say(topics.events).sort(), expectedEvents(records).sort(), "the ledger and the whole history differ");
}

/** Stopped after any record, with the last ones read again: not one event more, less or other. */
function survivesRestarts(
  FoldClass: Fold,
  records: readonly Record[],
  restarts: readonly number[],
  again: number,
): void {
  const unbroken = new Topics();
  const one = start(FoldClass, unbroken, 0);
  for (const record of records) unbroken.append(play(one, record));
  const broken = new Topics();
  let fold = start(FoldClass, broken, 0);
  records.forEach((record, i) => {
    if (restarts.includes(i)) {
      fold = start(FoldClass, broken, record.time);
      // The committed offset is never past the last mark.
      const mark = records.slice(0, i).findLastIndex((r) => "mark" in r);
      for (const seen of records.slice(Math.max(0, Math.min(i - again, mark)), i)) broken.append(play(fold, seen));
    }
    broken.append(play(fold, record));
  });
  const words = (t: Topics) => onCases(t.events).map(({ type, id, finding }) => [type, id, finding] as const);
  const sorted = (all: ReturnType<typeof words>) => [...all].sort((a, b) => (a[1] < b[1] ? -1 : 1));
  const raisedAndResolved = (all: ReturnType<typeof words>) => sorted(all.filter(([type]) => type !== "updated"));
  const distinct = [...new Map(words(broken).map((w) => [w[1], w] as const)).values()];
  same(raisedAndResolved(distinct), raisedAndResolved(words(unbroken)), "a restart told other things");
  same([...broken.entries.keys()].sort(), [...unbroken.entries.keys()].sort(), "a restart holds other entries");
}

/** Doubled, reordered and lost records, and then what the watcher's reconciling sends: all current verdicts, and marks. */
function converges(
  FoldClass: Fold,
  records: readonly Record[],
  order: readonly number[],
  lost: readonly number[],
): void {
  const topics = new Topics();
  const fold = start(FoldClass, topics, 0);
  const shuffled = order.map((i) => records[i % records.length]!).filter((_, i) => !lost.includes(i));
  let time = records.at(-1)!.time;
  let offset = records.length;
  for (const record of shuffled) topics.append(play(fold, { ...record, time: (time += 5), offset: ++offset }));
  // However they came, what each key holds is what its highest stamp said.
  for (const [id, verdict] of highest(shuffled)) {
    const standing = topics.entries.get(id)?.statements.filter((s) => s.gone === undefined) ?? [];
    same(
      standing.map((s) => s.problem.fingerprint).sort(),
      verdict.problems.map((p) => p.fingerprint).sort(),
      "an older verdict counted",
    );
  }
  const truth = new Map<string, Record & { verdict: Verdict }>();
  for (const record of records)
    if ("verdict" in record) truth.set(JSON.stringify([record.verdict.instance, record.verdict.key]), record);
  const wanted = new Set<string>();
  let seq = 10_000;
  for (const { verdict } of truth.values()) {
    const { error: _, ...answered } = verdict;
    const outcome = verdict.problems.length > 0 ? "fail" : "pass";
    topics.append(
      play(fold, {
        time: (time += 5),
        offset: ++offset,
        verdict: { ...answered, outcome, stamp: { epoch: 1, seq: ++seq } },
      }),
    );
    for (const p of verdict.problems) wanted.add(p.fingerprint);
  }
  for (let i = 0; i < 12; i++)
    topics.append(
      play(fold, {
        time: (time += 5_000),
        offset: ++offset,
        mark: {
          cluster: CLUSTER,
          stamp: { epoch: 1, seq },
          floor: 0,
          ages: { "v1/Pod": 0 },
          unanswered: {},
          refused: {},
          leftOut: [],
        },
      }),
    );
  const open = fold.findings().filter((f) => f.state === "open" && f.case.startsWith("x/"));
  same(open.map((f) => f.fingerprint).sort(), [...wanted].sort(), "the ledger did not converge");
  const states = new Map<string, string>();
  for (const { type, finding } of onCases(topics.events)) {
    const before = states.get(finding.fingerprint) ?? "resolved";
    if (type === "raised" && before !== "resolved") throw new Error("raised twice");
    if (type !== "raised" && before === "resolved") throw new Error(`${type} though not open`);
    states.set(finding.fingerprint, type);
  }
}

/** The youngest verdict of each key that was never in error. */
function highest(records: readonly Record[]): Map<string, Verdict> {
  const verdicts = records.flatMap((r) => ("verdict" in r ? [r.verdict] : []));
  const idOf = (v: Verdict) => entryId(v.cluster, v.instance, v.key);
  const failed = new Set(verdicts.filter((v) => v.outcome === "error").map(idOf));
  const known = new Map<string, Verdict>();
  for (const v of verdicts)
    if (!failed.has(idOf(v)) && v.stamp.seq > (known.get(idOf(v))?.stamp.seq ?? 0)) known.set(idOf(v), v);
  return known;
}

function same(given: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(given), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}:\n${a.slice(0, 3000)}\n${b.slice(0, 3000)}`);
}

const history = steps.map(recordsOf).filter((records) => records.length > 4);
const numbers = (max: number, most: number) => fc.array(fc.nat({ max }), { maxLength: most, size: "max" });
const properties = (FoldClass: Fold) => ({
  reference: fc.property(history, (records) => agreesWithReference(FoldClass, records)),
  restarts: fc.property(history, numbers(50, 4), fc.nat({ max: 6 }), (records, at, again) =>
    survivesRestarts(FoldClass, records, at, again),
  ),
  convergence: fc.property(history, numbers(200, 80), numbers(80, 20), (records, order, lost) =>
    converges(FoldClass, records, order, lost),
  ),
});
const check = (property: fc.IProperty<any>, numRuns: number, seed = 3, endOnFailure = false) =>
  fc.check(property, { numRuns, seed, endOnFailure });
/** A mistake is found well before so many runs; finding it is enough, no smaller example is sought. */
const isCaught = (FoldClass: Fold): boolean =>
  Array.from({ length: 30 }, (_, seed) => seed).some((seed) =>
    Object.values(properties(FoldClass)).some((property) => check(property, 50, seed, true).failed),
  );

describe("ledger", () => {
  test.each(["reference", "restarts", "convergence"] as const)("%s", (name) => {
    const result = check(properties(LedgerFold)[name], RUNS);
    expect(result.failed ? `${result.errorInstance}\n${fc.defaultReportMessage(result).slice(0, 4000)}` : "").toBe("");
  });

  const fold = "functions/ledger/fold.ts";
  const mutants: Mutant[] = [
    {
      name: "an older verdict overwrites a younger one",
      file: fold,
      find: "if (known && compareStamps(stamp, known) < 0) return true;",
      replace: "",
    },
    {
      name: "for is not waited",
      file: fold,
      find: "(problem.since ?? first) + (problem.for ?? settings.for)",
      replace: "(problem.since ?? first)",
    },
    { name: "clear is not waited", file: fold, find: "if (gone + clear > limit) return;", replace: "" },
    { name: "since does not count", file: fold, find: "(problem.since ?? first)", replace: "first" },
    { name: "an error resolves", file: fold, find: "statements: entry?.statements ?? []", replace: "statements: []" },
    {
      name: "a mark ignores what is unanswered",
      file: fold,
      find: "view.clock - (mark.unanswered[entry.instance] ?? 0)",
      replace: "view.clock",
    },
    {
      name: "a stale view raises",
      file: fold,
      find: "if (!settings || entry.error || this.#frozen(cluster, settings)) continue;",
      replace: "if (!settings || entry.error) continue;",
    },
    {
      name: "a finding resolves though another key states it",
      file: fold,
      find: "if (standing.length > 0) {",
      replace: "if (standing.some((s) => s.id === by)) {",
    },
    {
      name: "a restart raises what was told",
      file: fold,
      find: "if (due && at > (held?.at ?? 0))",
      replace: "if (due)",
    },
    {
      name: "a restart forgets when it was first seen",
      file: "functions/ledger/fold.ts",
      find: "this.#store.set(entryId(cluster, instance, key), entry);",
      replace: "this.#store.set(entryId(cluster, instance, key), { ...entry, statements: [] });",
    },
  ];
  test.each(mutants)("catches: $name", async (mutant) => {
    const { LedgerFold: Mutated } = await loadMutant<{ LedgerFold: Fold }>(fold, mutant);
    expect(isCaught(Mutated)).toBe(true);
  });
});
