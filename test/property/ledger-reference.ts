import { CLUSTER, INSTANCES, type Record } from "./ledger-world.ts";

/**
 * What the ledger must tell, worked out anew from the whole history at every record: slow, without state of its own but
 * what it has told. For records that come in order, each once.
 */
export function expectedEvents(records: readonly Record[]): string[] {
  const told: { fingerprint: string; type: "raised" | "resolved"; time: number }[] = [];
  const isOpen = (fingerprint: string) => told.findLast((t) => t.fingerprint === fingerprint)?.type === "raised";
  records.forEach((now, n) => {
    const history = records.slice(0, n + 1);
    const keys = [
      ...new Set(history.flatMap((r) => ("verdict" in r ? [JSON.stringify([r.verdict.instance, r.verdict.key])] : []))),
    ];
    const mark = history.findLast((r) => "mark" in r);
    const isStale = !mark || !("mark" in mark) || mark.mark.ages["v1/Pod"]! > 30_000;
    const prints = [
      ...new Set(history.flatMap((r) => ("verdict" in r ? r.verdict.problems.map((p) => p.fingerprint) : []))),
    ];
    for (const fingerprint of prints) {
      const views = keys.map((id) => about(history, id, fingerprint, told));
      const standing = views.filter((v) => v.run !== undefined);
      const by = views.find(
        (v) => "verdict" in now && v.id === JSON.stringify([now.verdict.instance, now.verdict.key]),
      );
      const { clear } = INSTANCES.get(views.find((v) => v.ever)!.instance)!;
      if (!isOpen(fingerprint)) {
        const due = standing.some((v) => {
          if (v.error || isStale) return false;
          if ("mark" in now)
            return Math.max(v.run!.opens, v.run!.told) <= now.time - (now.mark.unanswered[v.instance] ?? 0);
          return v === by && v.run!.opens <= now.time;
        });
        if (due) told.push({ fingerprint, type: "raised", time: now.time });
      } else if (standing.length === 0 && !isStale) {
        const last = Math.max(...views.filter((v) => v.gone !== undefined).map((v) => v.gone!));
        // The key that stated it last is the one whose word counts.
        const holder = views.find((v) => v.gone === last);
        const limit = "mark" in now ? now.time - (now.mark.unanswered[holder!.instance] ?? 0) : now.time;
        const mayAct = holder !== undefined && !holder.error && ("mark" in now || by === holder);
        if (mayAct && last + clear <= limit) told.push({ fingerprint, type: "resolved", time: now.time });
      }
    }
  });
  return told.map((t) => `${t.type} ${t.fingerprint} ${t.time}`);
}

/** What one key says of one problem by then: the run of verdicts that state it, or since when it is gone. */
function about(
  history: readonly Record[],
  id: string,
  fingerprint: string,
  told: readonly { fingerprint: string; type: string; time: number }[],
) {
  const [instance, key] = JSON.parse(id) as [string, string];
  const mine = history.flatMap((r) =>
    "verdict" in r && r.verdict.cluster === CLUSTER && r.verdict.instance === instance && r.verdict.key === key
      ? [{ ...r.verdict, time: r.time }]
      : [],
  );
  const answers = mine.filter((v) => v.outcome !== "error");
  const error = mine.at(-1)?.outcome === "error";
  const states = (v: (typeof mine)[number] | undefined) => v?.problems.find((p) => p.fingerprint === fingerprint);
  let first: number | undefined;
  let gone: number | undefined;
  for (const v of answers) {
    if (states(v)) {
      // A problem that comes back while its finding is still open was never away.
      const wasOpen = openAt(told, fingerprint, v.time);
      if (first === undefined || (gone !== undefined && !wasOpen)) first = v.time;
      gone = undefined;
    } else if (first !== undefined && gone === undefined) {
      if (openAt(told, fingerprint, v.time)) gone = v.time;
      else first = undefined;
    }
  }
  const last = states(answers.at(-1));
  const wait = INSTANCES.get(instance)!.for;
  const run =
    last && first !== undefined
      ? { opens: Math.max(first, (last.since ?? first) + wait), told: answers.at(-1)!.time }
      : undefined;
  return {
    id,
    instance,
    ever: answers.some(states),
    error,
    run,
    gone: run ? undefined : stillCounts(gone, told, fingerprint),
  };
}

const openAt = (
  told: readonly { fingerprint: string; type: string; time: number }[],
  fingerprint: string,
  time: number,
) => told.findLast((t) => t.fingerprint === fingerprint && t.time < time)?.type === "raised";

/** Gone before the present episode began: it has no part in it. */
function stillCounts(
  gone: number | undefined,
  told: readonly { fingerprint: string; type: string; time: number }[],
  fingerprint: string,
): number | undefined {
  const raised = told.findLast((t) => t.fingerprint === fingerprint && t.type === "raised");
  return gone !== undefined && raised !== undefined && gone >= raised.time ? gone : undefined;
}
