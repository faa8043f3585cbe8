import { CLUSTER, INSTANCES, type Record } from "./ledger-world.ts";

type Mark = Extract<Record, { mark: unknown }>["mark"];
type Said = Extract<Record, { verdict: unknown }>["verdict"] & { readonly time: number };

/**
 * What the ledger must tell, worked out anew from the whole history at every record: slow, without state of its own but
 * what it has told. For records that come in order, each once.
 */
export function expectedEvents(records: readonly Record[]): string[] {
  const told: { fingerprint: string; type: "raised" | "resolved"; time: number }[] = [];
  /** What each key has said so far, and what was stated at all. */
  const said = new Map<string, Said[]>();
  const prints = new Set<string>();
  let mark: Mark | undefined;
  const isOpen = (fingerprint: string) => told.findLast((t) => t.fingerprint === fingerprint)?.type === "raised";
  for (const now of records) {
    const spoke = "verdict" in now ? JSON.stringify([now.verdict.instance, now.verdict.key]) : undefined;
    if ("verdict" in now) {
      const mine = said.get(spoke!) ?? [];
      said.set(spoke!, mine);
      if (now.verdict.cluster === CLUSTER) mine.push({ ...now.verdict, time: now.time });
      for (const { fingerprint } of now.verdict.problems) prints.add(fingerprint);
    } else mark = now.mark;
    const isStale = !mark || mark.ages["v1/Pod"]! > 30_000;
    for (const fingerprint of prints) {
      const views = [...said].map(([id, mine]) => about(mine, id, fingerprint, told));
      const standing = views.filter((v) => v.run !== undefined);
      const by = views.find((v) => v.id === spoke);
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
  }
  return told.map((t) => `${t.type} ${t.fingerprint} ${t.time}`);
}

/** What one key says of one problem by then: the run of verdicts that state it, or since when it is gone. */
function about(
  mine: readonly Said[],
  id: string,
  fingerprint: string,
  told: readonly { fingerprint: string; type: string; time: number }[],
) {
  const [instance] = JSON.parse(id) as [string];
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
