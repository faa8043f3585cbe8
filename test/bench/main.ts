/**
 * `npm run bench`: CPU per item (an empty start taken off), memory and lateness, beside a floor and a peer in one run on a
 * real API server with fake nodes. `--only=first-pass|change|time|remedies|functions|kafka|dispatch|defender` runs a part (the others without the pods), `--check` ends with 1 where a bound is not held, `--write` puts the table into README.md.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Cluster } from "#test/e2e/support/cluster.ts";
import { freePorts } from "#test/e2e/support/ports.ts";
import { ROOT } from "#test/e2e/support/testbed.ts";
import { Changes } from "./changes.ts";
import { defenderRows } from "./defender-rows.ts";
import { dispatchRows } from "./dispatch-rows.ts";
import { firstPass } from "./first-pass.ts";
import { functionRows } from "./function-rows.ts";
import { kafkaRows } from "./kafka-rows.ts";
import { oneChange } from "./one-change.ts";
import { remedies } from "./remedies.ts";
import { seedPods } from "./seed.ts";
import { runSubject } from "./subject.ts";
import { type Row, tableOf, withTable } from "./table.ts";

const PODS = 10_000;
const RUNS = 3;
/** For figures that are quoted, and for bounds that only have to hold. */
const FIRST_PASS_RUNS = process.argv.includes("--check") ? 3 : 5;
const TIMED = { count: 600, rate: 20 };

const only = process.argv.find((one) => one.startsWith("--only="))?.slice(7);
const runs = (name: string) => only === undefined || only === name;
const say = (text: string) => void process.stderr.write(`${text}\n`);
const cases = join(ROOT, "test/bench/cases");

/** `for: 0s`, 20 changes a second: how late findings are by our own doing. */
async function ownTime(cluster: Cluster): Promise<Row> {
  await cluster.kubectl("create", "namespace", "bench-time");
  const changes = new Changes(cluster.kubeconfig, "bench-time");
  await changes.create(TIMED.count);
  changes.close();
  const args = [
    cluster.kubeconfig,
    pathToFileURL(join(ROOT, "dist/")).href,
    cases,
    String(TIMED.count),
    String(TIMED.rate),
  ];
  const { findings, p50, p99, most } = await runSubject<{ findings: number; p50: number; p99: number; most: number }>(
    "own-time",
    args,
  );
  if (findings !== TIMED.count) throw new Error(`${findings} findings came of ${TIMED.count} changes`);
  return {
    what: `a change in the API server → its finding durable on the log, own time, ${TIMED.rate} changes/s among ${PODS} pods (${TIMED.count} changes)`,
    own: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (most ${most.toFixed(0)} ms)`,
    beside: "–",
    reach: "p50 ≤ 10 ms, p99 ≤ 50 ms",
    isReached: p50 <= 10 && p99 <= 50,
    // One write in a hundred may meet a disk that is busy with what the runs before left to it.
    isHeld: p50 <= 10 && p99 <= 150,
  };
}

const rows: Row[] = [];
const cluster = new Cluster({
  state: mkdtempSync(join(tmpdir(), "roundsman-bench-cluster-")),
  port: await freePorts(10),
});
let isUp = false;
try {
  if (["first-pass", "change", "time", "remedies"].some(runs)) {
    say("a control plane with fake nodes …");
    isUp = true;
    await cluster.up("--control-plane", "--kwok");
  }
  if (runs("first-pass"))
    rows.push(
      ...(await firstPass({
        cluster,
        runs: FIRST_PASS_RUNS,
        pods: PODS,
        seed: () => seedPods(cluster, PODS),
        say,
      })),
    );
  if (runs("change")) say("one change …");
  if (runs("change")) rows.push(...(await oneChange({ cluster, cases, runs: RUNS })));
  if (runs("time")) say("own time …");
  if (runs("time")) rows.push(await ownTime(cluster));
  if (runs("remedies")) say("remedies …");
  if (runs("remedies")) rows.push(...(await remedies(cluster)));
  if (isUp) await cluster.down();
  isUp = false;
  if (runs("functions")) rows.push(...(await functionRows(ROOT, say)));
  if (runs("kafka")) rows.push(...(await kafkaRows(say)));
  if (runs("dispatch")) rows.push(...(await dispatchRows(say)));
  // A million records keep the disk busy for a while: last, that they disturb no other row.
  if (runs("defender")) rows.push(...(await defenderRows(say)));
  const table = tableOf(rows);
  process.stdout.write(`${table}\n`);
  if (process.argv.includes("--write")) {
    const readme = join(ROOT, "README.md");
    writeFileSync(readme, withTable(readFileSync(readme, "utf8"), table));
  }
  if (process.argv.includes("--check") && rows.some(({ isHeld }) => !isHeld)) process.exitCode = 1;
} finally {
  if (isUp) await cluster.down();
}
