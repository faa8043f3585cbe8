/**
 * The whole process is killed (SIGKILL) and started again at random moments, while the cluster it watches changes; a twin that
 * watches the same cluster is left alone. In the end both hold the same open findings, and what the killed one wrote down was
 * told, nothing of it twice under two keys.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decide, type Told, toldBy } from "#functions/alert/decide.ts";
import { systemClock } from "#functions/practice/clock.ts";
import { type Practice, startPractice } from "#functions/practice/practice.ts";
import { between, pick, seededRandom } from "#functions/practice/random.ts";
import type { Finding } from "#sdk/terms.ts";
import { type Inbox, openInbox } from "./inbox.ts";
import { INBOX, Inspector, until } from "./inspector.ts";

const KILLS = 20;
/** ms from a start until the kill: from before it has listed anything to well in its work. */
const LIVES = [250, 7_000] as const;
/** ms between changes of the cluster. */
const CHANGES = [300, 900] as const;

const seed = Number(process.env.ROUNDSMAN_SEED ?? Math.floor(Math.random() * 1e9));
const random = seededRandom(seed);
const dir = mkdtempSync(join(tmpdir(), "roundsman-kill-"));
const failures: unknown[] = [];
let practice: Practice;
let inbox: Inbox;
let twin: Inspector;
let killed: Inspector;

beforeAll(async () => {
  process.stdout.write(`seed ${seed}\n`);
  practice = await startPractice({
    clock: systemClock,
    random: seededRandom(seed + 1),
    faults: false,
    report: (e) => failures.push(e),
  });
  const kubeconfig = join(dir, "kubeconfig");
  writeFileSync(kubeconfig, practice.kubeconfig);
  inbox = await openInbox();
  const inspector = (name: string) => new Inspector({ dir: join(dir, name), kubeconfig, webhook: inbox.url(name) });
  twin = inspector("twin");
  killed = inspector("killed");
});

afterAll(async () => {
  await killed?.kill();
  await twin?.kill();
  await inbox?.close();
  await practice?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What both must say in the same words. When each saw it first may differ: one of them was dead at times. */
const words = (findings: readonly Finding[] | undefined) =>
  findings
    ?.map(({ fingerprint, case: name, rule, severity, subject, related, message, owner }) =>
      JSON.stringify({ fingerprint, name, rule, severity, subject, related, message, owner }),
    )
    .sort();

it(`says the same as one that was left alone, after ${KILLS} kills`, async () => {
  const { cluster, faults } = practice;
  twin.start();
  killed.start();
  await until("both are ready", 60_000, async () => Boolean((await twin.open()) && (await killed.open())));

  const standing = new Set<(typeof faults)[number]>();
  let changes = 0;
  let isChanging = true;
  const toggle = () => {
    const fault = pick(random, faults);
    try {
      if (standing.delete(fault)) fault.mend(cluster);
      else if (standing.size < 8) {
        standing.add(fault);
        fault.make(cluster);
      }
      changes++;
    } catch {
      // What the fault is made of is away for a moment, by another fault: it is passed over, as in the practice cluster.
      standing.delete(fault);
    }
  };
  const changing = (async () => {
    while (isChanging) {
      toggle();
      await wait(between(random, ...CHANGES));
    }
  })();

  const lives: {
    readonly ms: number;
    readonly changes: number;
    readonly wrote: boolean;
    readonly wasKilled: boolean;
  }[] = [];
  for (let i = 0; i < KILLS; i++) {
    const ms = between(random, ...LIVES);
    const before = changes;
    const records = (await killed.told()).length;
    await wait(ms);
    const wasKilled = await killed.kill();
    lives.push({ ms, changes: changes - before, wrote: (await killed.told()).length > records, wasKilled });
    killed.start();
  }
  isChanging = false;
  await changing;

  // The fault really happened, and the load was on.
  expect(lives.filter(({ wasKilled }) => wasKilled)).toHaveLength(KILLS);
  expect(lives.filter((life) => life.changes > 0).length).toBeGreaterThanOrEqual(KILLS * 0.7);
  expect(lives.filter((life) => life.wrote).length).toBeGreaterThanOrEqual(5);
  expect(standing.size).toBeGreaterThan(0);

  let last = "";
  let since = Date.now();
  await until("both say the same, and go on saying it", 120_000, async () => {
    const [a, b] = [words(await twin.open()), words(await killed.open())];
    const now = JSON.stringify([a, b]);
    if (now !== last || a === undefined || JSON.stringify(a) !== JSON.stringify(b)) since = Date.now();
    last = now;
    return Date.now() - since > 12_000;
  }).catch((e) => {
    const [a, b] = JSON.parse(last) as [string[], string[]];
    expect(b, String(e)).toEqual(a);
    throw e;
  });
  const open = (await killed.open())!;
  expect(open.length).toBeGreaterThan(0);
  expect(open.every(({ stale }) => !stale)).toBe(true);

  for (const [name, one] of [
    ["killed", killed],
    ["twin", twin],
  ] as const) {
    expect(await one.end(), one.stderr).toBe(0);
    const told = await one.told();
    const received = inbox.of(name);
    // What its own log says must be told, worse ones too.
    const due = new Set<string>();
    const last = new Map<string, Told>();
    for (const { finding } of told) {
      const notice = decide(INBOX, finding, last.get(finding.fingerprint));
      if (!notice) continue;
      due.add(notice.id);
      last.set(finding.fingerprint, toldBy(notice));
    }
    expect(due.size, `${name} told too little to prove anything`).toBeGreaterThan(20);
    const lost = [...due].filter((id) => !received.has(id));
    expect(lost, `${name}: notices that were lost`).toEqual([]);
    const invented = [...received.keys()].filter((id) => !due.has(id));
    expect(invented, `${name}: notices of nothing`).toEqual([]);
    const doubles = [...received.values()].reduce((sum, bodies) => sum + bodies.length - 1, 0);
    expect(doubles, `${name}: doubles`).toBeLessThanOrEqual(name === "killed" ? KILLS : 0);
    for (const bodies of received.values()) expect(new Set(bodies).size).toBe(1);
  }
  expect(failures).toEqual([]);
  process.stdout.write(
    `${KILLS} kills in ${lives.reduce((sum, { ms }) => sum + ms, 0) / 1_000} s of life, ${changes} changes, ${open.length} findings open in the end, ` +
      `${inbox.of("killed").size} notices (twin: ${inbox.of("twin").size})\n`,
  );
});
