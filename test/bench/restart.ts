import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileLog, openFileLog } from "#broker/log/file/file-log.ts";
import { Defender } from "../../functions/defender/defender.ts";
import type { Stamp } from "../../functions/defender/input.ts";
import { SNAPSHOT_EVERY } from "../../functions/defender/journal.ts";
import { inputRecord } from "../../functions/defender/records.ts";
import { ask, HEARTBEAT, inputs } from "./decision-inputs.ts";

export const START_RUNS = 5;
const quiet = { warn: (...message: unknown[]) => void process.stderr.write(`${JSON.stringify(message)}\n`) };

/** The defender a second after the journal's last stamp, on the same boot. */
const defenderOn = (log: FileLog, { ticks, utc }: Stamp) =>
  new Defender({
    log,
    clock: { now: () => utc + 1_000, monotonic: () => 0 } as never,
    ticks: { boot: "b", now: () => ticks + 1_000 },
    logger: quiet as never,
    durable: true,
    caps: [],
  });

/** Inputs as a defender writes them, but for the waiting. */
async function write(dir: string, total: number): Promise<Stamp> {
  const log = await openFileLog({ dir, clock: Date });
  let last: Stamp | undefined;
  let batch = [];
  for (const { stamp, input } of inputs(total)) {
    last = stamp!;
    batch.push(inputRecord(stamp!, input));
    if (batch.length < 5_000) continue;
    await log.append(batch);
    batch = [];
  }
  await log.append(batch);
  await log.close();
  return last!;
}

/** Leaves what a killed process does: a snapshot, and behind it all but as many inputs as bring the next one. */
async function runAndKill(dir: string, last: Stamp): Promise<void> {
  const log = await openFileLog({ dir, clock: Date });
  const defender = defenderOn(log, last);
  const begun = performance.now();
  await defender.start();
  process.stdout.write(String(performance.now() - begun));
  // The next input brings the snapshot.
  await defender.heartbeat(HEARTBEAT);
  for (let n = 0; n < SNAPSHOT_EVERY - 500; n += 500)
    await Promise.all(Array.from({ length: 500 }, (_, i) => defender.decide(ask(last.count + n + i, last.utc))));
  process.kill(process.pid, "SIGKILL");
}

/** ms of a start, from the process's first moment on. */
interface Took {
  readonly node: number;
  readonly imports: number;
  readonly log: number;
  readonly defender: number;
  readonly whole: number;
  readonly cpu: number;
}

async function restart(dir: string, last: Stamp): Promise<void> {
  const node = performance.nodeTiming.bootstrapComplete;
  const imported = performance.now();
  const log = await openFileLog({ dir, clock: Date });
  const opened = performance.now();
  await defenderOn(log, last).start();
  const whole = performance.now();
  const { user, system } = process.cpuUsage();
  const cpu = (user + system) / 1_000;
  const took: Took = { node, imports: imported - node, log: opened - imported, defender: whole - opened, whole, cpu };
  process.stdout.write(JSON.stringify(took));
  process.kill(process.pid, "SIGKILL");
}

/** One of the processes below; resolves when it is gone. */
function child(script: string, what: string, dir: string, last: Stamp): string {
  const args = [script, what, dir, JSON.stringify(last)];
  const { stdout, signal } = spawnSync(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (signal !== "SIGKILL") throw new Error(`${what} did not come to its end`);
  return String(stdout);
}

export const CHILDREN: Readonly<Record<string, (dir: string, last: Stamp) => Promise<void>>> = {
  "start-run": runAndKill,
  "start-again": restart,
};

/**
 * So many inputs on the disk; the process is killed as far behind its last snapshot as can be, and begins again: the best of
 * its starts. `replay`: ms that it takes without a snapshot. `script` is the bundled decisions.ts.
 */
export async function measureStart(total: number, script: string): Promise<Took & { readonly replay: number }> {
  const dir = mkdtempSync(join(tmpdir(), "defender-"));
  try {
    const last = await write(dir, total - SNAPSHOT_EVERY);
    const replay = Number(child(script, "start-run", dir, last));
    const all = Array.from({ length: START_RUNS }, () => JSON.parse(child(script, "start-again", dir, last)) as Took);
    return { ...all.toSorted((a, b) => a.whole - b.whole)[0]!, replay };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export async function benchStart(total: number, say: (what: string, value: string) => void): Promise<void> {
  const took = await measureStart(total, process.argv[1]!);
  say(`start: ${total} records without a snapshot`, `${(took.replay / 1_000).toFixed(2)} s`);
  const ms = (name: keyof Took) => `${name} ${took[name].toFixed(0)}`;
  say(
    `start: ${total} records, killed just before its next snapshot (best of ${START_RUNS})`,
    `${(took.whole / 1_000).toFixed(2)} s from the process's first moment (ms: ${(["node", "imports", "log", "defender"] as const).map(ms).join(", ")}; CPU ${took.cpu.toFixed(0)})`,
  );
}
