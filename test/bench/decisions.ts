/**
 * The defender alone: its windows, its fold, its journal on the disk, its start. `npm run bench:defender [windows|fold|journal|beside|start]`.
 * Figures are one process's; the journal's depend on what the disk of the temporary folder calls a sync.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import { type Config, DAY, DEFAULT_SETTINGS, HOUR, MINUTE } from "../../functions/defender/config.ts";
import { decide } from "../../functions/defender/decide.ts";
import { Defender } from "../../functions/defender/defender.ts";
import type { Input, InputRecord } from "../../functions/defender/input.ts";
import { inputRecord, readInput } from "../../functions/defender/records.ts";
import { thaw } from "../../functions/defender/snapshot.ts";
import { latestSnapshot } from "../../functions/defender/snapshots.ts";
import { emptyState } from "../../functions/defender/state.ts";
import { kernelTicks } from "../../functions/defender/ticks.ts";
import { fullUntil, Windows } from "../../functions/defender/windows.ts";
import { besideLimiters, worstCounts } from "./beside-limiters.ts";

const say = (what: string, value: string) => process.stdout.write(`${what.padEnd(72)} ${value}\n`);
const cpuOf = <T>(work: () => T): { us: number; result: T } => {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { us: user + system, result };
};
const heap = () => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
};

const WINDOWS = [
  { most: 2, per: MINUTE },
  { most: 5, per: 5 * MINUTE },
  { most: 10, per: HOUR },
  { most: 50, per: DAY },
];

/** Four windows per key, exact; the keys in no order, so that nothing stays in a cache. */
function benchWindows(): void {
  const keys = Array.from({ length: 100_000 }, (_, n) => `cluster-${n % 300}\nnode-${n}`);
  const start = heap();
  const windows = new Windows();
  const held = WINDOWS.map(({ most, per }) => ({ most, span: per + 6_000 }));
  const take = (key: string, now: number): boolean => {
    const moments = windows.of(key);
    for (const { most, span } of held) if (now <= fullUntil(moments, most, span)) return false;
    windows.add(key, now);
    return true;
  };
  let granted = 0;
  const round = (n: number) => {
    for (let i = 0; i < keys.length; i++) if (take(keys[(i * 7_919) % keys.length]!, n * 7 * MINUTE)) granted += 1;
  };
  for (let n = 0; n < 10; n++) round(n);
  say(
    "windows: bytes a key, 100,000 keys with ten live entries (its text included)",
    ((heap() - start) / keys.length).toFixed(0),
  );
  const { us } = cpuOf(() => {
    for (let n = 10; n < 40; n++) round(n);
  });
  say(
    `windows: CPU per decision of four windows (${granted} granted)`,
    `${((us * 1_000) / (30 * keys.length)).toFixed(0)} ns`,
  );
}

const CONFIG: Config = {
  budgets: [
    { name: "target", scope: "target", limits: WINDOWS },
    { name: "cluster", scope: "cluster", limits: [{ most: 5_000, per: HOUR }] },
    { name: "fleet", scope: "fleet", limits: [{ most: 9_000, per: HOUR }], inFlight: 9_000 },
  ],
  trust: [{ level: "act" }],
  calendars: [],
  settings: DEFAULT_SETTINGS,
};
const heard = (utc: number): Input[] => [
  { kind: "heartbeat", cluster: "c", ages: { "v1/Node": 0 }, leases: { total: 9, stale: 0 } },
  { kind: "executor", cluster: "c", clock: utc },
];
const ask = (n: number, utc: number): OperationRequest => ({
  id: `request-${n}`,
  matter: `matter-${n}`,
  operation: "drain",
  target: { kind: "Node", name: `node-${(n * 7_919) % 100_000}`, uid: "uid" },
  cluster: "c",
  pool: "gpu",
  owner: "team-x",
  actor: "remedy",
  depends: ["v1/Node"],
  due: utc,
  sent: utc,
  reason: "KernelDeadlock",
});
const person = { by: "bench", reason: "bench" };
const first: Input[] = [
  { kind: "start", durable: true },
  { kind: "init", ...person },
  { kind: "config", config: CONFIG, by: "bench" },
];
const T0 = 1_800_000_000_000;
/** Inputs as a journal would hold them, 500 requests a second. */
function* inputs(requests: number): Generator<InputRecord> {
  let [count, offset, ticks] = [0, 0, 1_000];
  const record = (input: Input): InputRecord => ({
    offset: offset++,
    time: T0 + ticks,
    stamp: { boot: "b", ticks, utc: T0 + ticks, count: ++count },
    input,
  });
  for (const input of first) yield record(input);
  for (let n = 0; n < requests; n++) {
    if (n % 5_000 === 0) for (const input of heard(T0 + ticks)) yield record(input);
    ticks += 2;
    yield record({ kind: "request", request: ask(n, T0 + ticks) });
  }
}

function benchFold(): void {
  const records = [...inputs(300_000)];
  let state = emptyState([]);
  let granted = 0;
  const { us } = cpuOf(() => {
    for (const record of records) {
      const [next, { decision }] = decide(state, record);
      state = next;
      if (decision?.grant) granted += 1;
    }
  });
  say(
    `fold: CPU per request, all checks, 7 limits (${granted} of 300,000 granted)`,
    `${(us / records.length).toFixed(2)} µs`,
  );
  say("fold: requests/s of one core", `${Math.round((records.length / us) * 1e6)}`);
}

const quiet = { warn: (message: unknown) => void process.stderr.write(`${String(message)}\n`), error: () => undefined };

async function benchJournal(concurrency: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "defender-"));
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const log = await openFileLog({ dir, clock });
  const defender = new Defender({ log, clock, logger: quiet as never, durable: true, caps: [] });
  await defender.start();
  await defender.init(person);
  await defender.configure(CONFIG, "bench");
  const hear = async () => {
    await defender.heartbeat({ cluster: "c", ages: { "v1/Node": 0 }, leases: { total: 9, stale: 0 } });
    await defender.executorClock({ cluster: "c", clock: Date.now() });
  };
  await hear();
  const timer = setInterval(() => void hear(), 5_000);
  const took: number[] = [];
  let n = 0;
  const until = performance.now() + 6_000;
  const warm = performance.now() + 1_000;
  const cpu = process.cpuUsage();
  const client = async () => {
    while (performance.now() < until) {
      const begun = performance.now();
      await defender.decide(ask(n++, Date.now()));
      if (begun > warm) took.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(timer);
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)]!.toFixed(2);
  say(
    `journal on disk, ${concurrency} at once`,
    `${Math.round(took.length / 5)}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${((user + system) / n).toFixed(1)} µs CPU each`,
  );
  await defender.stop();
  await log.close();
  rmSync(dir, { recursive: true });
}

/** A million inputs on the disk, a snapshot now and then; then killed (nothing is closed), and started again. */
async function benchStart(total = 1_000_000): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "defender-"));
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const log = await openFileLog({ dir, clock });
  // As the process itself would have written it, but for the waiting.
  let batch = [];
  const all = [...inputs(total - 20_000)];
  for (const { stamp, input } of all) {
    batch.push(inputRecord(stamp!, input));
    if (batch.length === 5_000) {
      await log.append(batch);
      batch = [];
    }
  }
  await log.append(batch);
  const last = all.at(-1)!.stamp!;
  const ticks = { ...kernelTicks(), boot: "b", now: () => last.ticks + 1_000 };
  const fake = { now: () => last.utc + 1_000, monotonic: () => 0 };
  const options = { log, clock: fake, logger: quiet as never, durable: true, caps: [], ticks };
  const whole = performance.now();
  const defender = new Defender(options);
  await defender.start();
  say(`start: ${total - 20_000} records without a snapshot`, `${((performance.now() - whole) / 1_000).toFixed(2)} s`);
  // The next input brings a snapshot, then 19,999 more come without one.
  await defender.heartbeat({ cluster: "c", ages: { "v1/Node": 0 }, leases: { total: 9, stale: 0 } });
  for (let n = 0; n < 19_900; n += 500)
    await Promise.all(Array.from({ length: 500 }, (_, i) => defender.decide(ask(total + n + i, last.utc))));
  // As after a kill: nothing of the first is closed, its files are read by another.
  const copy = await openFileLog({ dir, clock, readOnly: true });
  await copy.close();
  await log.close();
  const begun = performance.now();
  const opened = await openFileLog({ dir, clock });
  const read = performance.now();
  if (process.env.PHASES) {
    const text = await latestSnapshot(opened);
    const got = performance.now();
    const state = thaw(text!, []);
    const thawed = performance.now();
    let count = 0;
    for await (const records of opened.read("defender", { from: state!.offset + 1 }))
      count += records.map(readInput).length;
    say(
      "phases",
      `${text!.length} chars, read ${got - read}, thaw ${thawed - got}, ${count} inputs read ${performance.now() - thawed}`,
    );
  }
  const again = new Defender({ ...options, log: opened });
  await again.start();
  const done = performance.now();
  say(
    `start: ${total} records, killed just before its next snapshot`,
    `${((done - begun) / 1_000).toFixed(2)} s (${((read - begun) / 1_000).toFixed(2)} s of it the log's)`,
  );
  await again.stop();
  await opened.close();
  rmSync(dir, { recursive: true });
}

async function benchBeside(): Promise<void> {
  const { own, peer } = await besideLimiters();
  say("beside: CPU per decision of four windows, 100,000 keys", `${(own.us * 1_000).toFixed(0)} ns`);
  say("beside: the same by four limiters of rate-limiter-flexible in memory", `${(peer.us * 1_000).toFixed(0)} ns`);
  say("beside: so many times as much (to reach: 5)", (peer.us / own.us).toFixed(1));
  say("beside: bytes a key with ten live entries", `${own.bytes.toFixed(0)}, theirs ${peer.bytes.toFixed(0)}`);
  for (const [name, count] of Object.entries(await worstCounts()))
    say(`beside: most in any window that may hold ten, ${name}`, String(count));
}

async function main(part: string | undefined): Promise<void> {
  if (!part || part === "windows") benchWindows();
  if (!part || part === "fold") benchFold();
  if (!part || part === "journal") for (const concurrency of [1, 16, 256]) await benchJournal(concurrency);
  if (!part || part === "beside") await benchBeside();
  if (!part || part === "start") await benchStart(Number(process.argv[3] ?? 1_000_000));
}

await main(process.argv[2]);
