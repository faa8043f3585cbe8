import { setTimeout as wait } from "node:timers/promises";
import type { Cluster } from "#test/e2e/support/cluster.ts";
import { Changes } from "./changes.ts";
import { endOwn, openFindings, startOwn } from "./own.ts";
import { type Cost, costOf, median } from "./process-cost.ts";
import { startSubject } from "./subject.ts";
import type { Row } from "./table.ts";

const CHANGES = 2_000;
/** So many come at once: an API server that is busy tells changes in bursts. */
const BURST = 200;
/** ms after the last change until all of it is done. */
const SETTLES = 1_500;

interface Seen extends Cost {
  readonly changes: number;
}

/** Watched changes that make a candidate → verdict → ledger, beside client-node's informer that sees the same ones. */
export async function oneChange(options: {
  readonly cluster: Cluster;
  readonly cases: string;
  readonly runs: number;
}): Promise<Row[]> {
  const { cluster, cases, runs } = options;
  await cluster.kubectl("create", "namespace", "bench-change");
  const changes = new Changes(cluster.kubeconfig, "bench-change");
  await changes.create(CHANGES);
  const own = await startOwn(cluster.kubeconfig, "--cases", cases);
  const peer = startSubject("peer-informer", [cluster.kubeconfig, "bench-change"]);
  await peer.next<Seen>();
  const look = async () => {
    peer.tell("?");
    return { own: costOf(own.pid), peer: await peer.next<Seen>(), at: performance.now() };
  };
  const measure = async (burst: number) => {
    // What both cost while nothing of ours changes (leases, marks) is taken off.
    const idle = await look();
    await wait(10_000);
    const before = await look();
    const isBurst = burst < CHANGES;
    for (let from = 0; from < CHANGES; from += burst) {
      if (isBurst) for (const one of [own, peer]) one.signal("SIGSTOP");
      await changes.turn(from, Math.min(from + burst, CHANGES), true);
      if (isBurst) for (const one of [own, peer]) one.signal("SIGCONT");
      if (isBurst) await wait(300);
    }
    await wait(SETTLES);
    const after = await look();
    // Asked only now: the answer costs more than what is measured.
    const open = await openFindings(own);
    if (open !== CHANGES) throw new Error(`${open} findings stood of ${CHANGES} changes`);
    const seen = after.peer.changes - before.peer.changes;
    if (seen !== CHANGES) throw new Error(`the informer saw ${seen} of ${CHANGES} changes`);
    const per = (of: "own" | "peer") => {
      const rest = (before[of].cpu - idle[of].cpu) / (before.at - idle.at);
      return ((after[of].cpu - before[of].cpu - rest * (after.at - before.at)) * 1_000) / CHANGES;
    };
    const figures = { own: per("own"), peer: per("peer") };
    await changes.turn(0, CHANGES, false);
    for (const end = Date.now() + 20_000; (await openFindings(own)) > 0; await wait(1_000))
      if (Date.now() > end) throw new Error("the findings were not resolved");
    return figures;
  };
  const rows: Row[] = [];
  for (const [burst, how] of [
    [BURST, `in bursts of ${BURST}`],
    [1, "one by one, as fast as the API server takes them"],
  ] as const) {
    const figures: Awaited<ReturnType<typeof measure>>[] = [];
    for (let i = 0; i < runs; i++) figures.push(await measure(burst === 1 ? CHANGES : burst));
    const [mine, theirs] = (["own", "peer"] as const).map((of) => median(figures.map((one) => one[of])));
    rows.push({
      what: `one watched change that makes a candidate → verdict → ledger (${CHANGES} changes ${how}, ${runs} runs): CPU`,
      own: `${mine!.toFixed(0)} µs`,
      beside: `${theirs!.toFixed(0)} µs client-node's informer seeing it (${(mine! / theirs!).toFixed(2)} x)`,
      reach: "≤ 2 x the informer",
      isReached: mine! <= 2 * theirs!,
      // Two durable commits, a thread and back: see the README. It must not get worse.
      isHeld: mine! <= 15 * theirs!,
    });
  }
  await peer.end();
  await endOwn(own);
  changes.close();
  return rows;
}
