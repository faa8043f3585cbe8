import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pick, type Random, seededRandom, shuffled } from "#functions/practice/random.ts";
import type { ScopeOf } from "#sdk/operation/decision.ts";
import { checkHistory, overBegun, type Promised } from "../../property/decision-history.ts";
import { checkLog } from "./check-log.ts";
import { FAULTS, type Fault, harm } from "./faults.ts";
import { History } from "./history.ts";
import { kernelNow, Load } from "./load.ts";
import { Target } from "./target.ts";
import { CAPS, CLUSTERS, CONFIGS, TARGETS } from "./world.ts";

/** Decisions a second without which a fault proves nothing. */
export const LEAST_LOAD = 1_000;
/** ms between the end of one fault and the load that is measured for the next. */
const CALM = 400;
const MEASURED = 500;
const CLIENTS = 12;

export interface Slice {
  readonly seed: number;
  readonly seconds: number;
  readonly decisions: number;
  readonly unanswered: number;
  readonly granted: number;
  readonly begun: number;
  readonly brakes: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that did not happen, or under too little load: the run proves less than it says. */
  readonly vacuous: readonly string[];
  readonly leastLoad: number;
  readonly flaws: readonly string[];
  /** Kept where it failed. */
  readonly history: string | undefined;
}

export interface SliceOptions {
  readonly script: string;
  readonly seed: number;
  readonly seconds: number;
  readonly longestStop: number;
  readonly only?: readonly Fault[];
  /** Whether the history of a run that failed stays. Default true. */
  readonly keep?: boolean;
}

const budgets = CONFIGS.flatMap((config) => config.budgets);
/** Whatever configuration held: the loosest. */
export const promised = (epsilon: number): Promised[] =>
  [...CAPS, ...budgets].flatMap(({ name, scope, operations, limits }) =>
    limits.map(({ per }) => {
      const same = [...CAPS, ...budgets].filter((one) => one.name === name).flatMap((one) => one.limits);
      const most = Math.max(...same.filter((one) => one.per === per).map((one) => one.most as number));
      return { name, scope, most, span: per + epsilon, ...(operations && { operations }) };
    }),
  );

const quietly = (work: Promise<unknown>) => work.catch(() => undefined);
const said = (e: unknown) => [String(e)];

/** One life of one log: load, faults, restarts; then its history and its log are judged. */
export async function runSlice({
  script,
  seed,
  seconds,
  longestStop,
  only = FAULTS,
  keep = true,
}: SliceOptions): Promise<Slice> {
  const random = seededRandom(seed);
  const dir = mkdtempSync(join(tmpdir(), "roundsman-defender-"));
  mkdirSync(join(dir, "log"));
  const history = new History(join(dir, "history.jsonl"));
  const target = new Target(script, { dir: join(dir, "log") });
  let boot = 0;
  const start = () => target.start({ boot: `boot-${boot}`, snapshotEvery: pick(random, [2_000, 7_000, 20_000]) });
  const hear = () => quietly(target.act({ do: "hear", clusters: CLUSTERS, clock: Date.now() }));
  const load = new Load(target, random, (call) => history.note(call));
  const counts: Record<string, number> = {};
  const vacuous: string[] = [];
  let leastLoad = Number.POSITIVE_INFINITY;
  let isOn = true;
  const began = kernelNow();
  let flaws: readonly string[] = [];
  try {
    await start();
    await target.act({ do: "init" });
    await target.act({ do: "configure", config: CONFIGS[0]! });
    const acts = actions(target, load, random, hear, () => isOn);
    await hear();
    load.start(CLIENTS);
    const restart = async (which: "same" | "other") => {
      if (which === "other") boot += 1;
      await start();
      await hear();
    };
    let due: Fault[] = [];
    while (kernelNow() - began < seconds * 1_000) {
      if (due.length === 0) due = shuffled(random, only);
      const fault = due.pop()!;
      await wait(CALM);
      // A machine that is busy with others gets there in the end; one that never does is red.
      let rate = 0;
      for (let tries = 0; tries < 6 && rate < LEAST_LOAD; tries++) rate = await rateOf(load);
      leastLoad = Math.min(leastLoad, rate);
      if (rate < LEAST_LOAD) vacuous.push(`${fault}: ${Math.round(rate)} decisions/s before it`);
      history.note({ fault, at: kernelNow(), rate });
      if (await harm(fault, { target, load, random, longestStop, restart })) counts[fault] = (counts[fault] ?? 0) + 1;
      else vacuous.push(`${fault} did not happen`);
    }
    await wait(CALM);
    isOn = false;
    await acts;
    await load.stop();
    flaws = await judge(target, load, join(dir, "log"), counts);
  } catch (e) {
    flaws = [`${String(e)} ${target.said}`];
  } finally {
    isOn = false;
    await load.stop();
    if (target.isUp) await target.kill();
    await history.close();
  }
  const isKept = keep && flaws.length > 0;
  if (!isKept) rmSync(dir, { recursive: true });
  const { brakes = 0, granted = 0, ...faults } = counts;
  return {
    seed,
    seconds: Math.round((kernelNow() - began) / 1_000),
    decisions: load.answered,
    unanswered: load.calls.length - load.answered,
    granted,
    begun: load.begun.length,
    brakes,
    faults,
    vacuous,
    leastLoad: Math.round(leastLoad),
    flaws,
    history: isKept ? dir : undefined,
  };
}

export async function rateOf(load: Load, measured = MEASURED): Promise<number> {
  const [before, at] = [load.answered, kernelNow()];
  await wait(measured);
  return ((load.answered - before) * 1_000) / (kernelNow() - at);
}

/** What happens beside the load all the time: clusters are heard of, operations end, budgets change, brakes are pulled and let go. */
export async function actions(
  target: Pick<Target, "act">,
  load: Load,
  random: Random,
  hear: () => Promise<unknown>,
  isOn: () => boolean,
): Promise<void> {
  const scopes = [
    { scope: "fleet", names: [] },
    { scope: "cluster", names: ["a"] },
    { scope: "pool", names: ["b", "gpu"] },
    { scope: "target", names: ["c", "Node", "", TARGETS[1]!] },
  ] as const;
  for (let turn = 0; isOn(); turn++) {
    await hear();
    const fences = load.open.splice(0);
    if (fences.length > 0) await quietly(target.act({ do: "end", fences }));
    if (turn % 7 === 3) await quietly(target.act({ do: "configure", config: pick(random, CONFIGS) }));
    if (turn % 5 === 1) {
      const scope = pick(random, scopes);
      const brake = await target.act({ do: "brake", in: scope }).catch(() => undefined);
      await wait(50);
      if (brake !== undefined) while (isOn() && !(await released(target, scope, brake))) await wait(50);
    }
    await wait(100);
  }
}

/** Also when it was let go by a call that got no answer: then there is no such brake any more. */
const released = (target: Pick<Target, "act">, scope: ScopeOf, brake: number): Promise<boolean> =>
  target.act({ do: "release", in: scope, brake }).then(
    () => true,
    (e) => !/it ended|does not run|unavailable|stopped/.test(String(e)),
  );

async function judge(
  target: Target,
  load: Load,
  dir: string,
  counts: Record<string, number>,
): Promise<readonly string[]> {
  await target.kill();
  const inLog = await checkLog(dir, load.calls, CAPS).catch((e) => ({ flaws: said(e), granted: 0, brakes: 0 }));
  counts.granted = inLog.granted;
  counts.brakes = inLog.brakes;
  const { flaws } = checkHistory(load.calls, promised(2_200));
  return [...inLog.flaws, ...flaws, ...promised(0).flatMap((one) => overBegun(load.begun, one))].slice(0, 50);
}
