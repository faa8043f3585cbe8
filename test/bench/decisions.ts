/**
 * The defender alone: its windows, its fold, its journal on the disk, its start. `npm run bench:defender [windows|fold|journal|beside|start]`.
 * Figures are one process's; the journal's depend on what the disk of the temporary folder calls a sync.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileLog } from "#broker/log/file/file-log.ts";
import { MINUTE } from "../../functions/defender/config.ts";
import { decide } from "../../functions/defender/decide.ts";
import { Defender } from "../../functions/defender/defender.ts";
import { emptyState } from "../../functions/defender/state.ts";
import { fullUntil, Windows } from "../../functions/defender/windows.ts";
import { besideLimiters, worstCounts } from "./beside-limiters.ts";
import { ask, CONFIG, hear, inputs, person, WINDOWS } from "./decision-inputs.ts";
import { benchStart, CHILDREN } from "./restart.ts";

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
  await hear(defender);
  const timer = setInterval(() => void hear(defender), 5_000);
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
  const child = CHILDREN[part ?? ""];
  if (child) return child(process.argv[3]!, JSON.parse(process.argv[4]!));
  if (!part || part === "windows") benchWindows();
  if (!part || part === "fold") benchFold();
  if (!part || part === "journal") for (const concurrency of [1, 16, 256]) await benchJournal(concurrency);
  if (!part || part === "beside") await benchBeside();
  if (!part || part === "start") await benchStart(Number(process.argv[3] ?? 1_000_000), say);
}

await main(process.argv[2]);
