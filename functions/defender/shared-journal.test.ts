import { expect, it, onTestFinished } from "vitest";
import type { Log, LogRecord, NewRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { MINUTE } from "./config.ts";
import type { Defender, DefenderOptions } from "./defender.ts";
import { ANA, CONFIG, defenderOn, hear, Machine, request } from "./fixture.test-kit.ts";
import { freeze } from "./snapshot.ts";

const MOST = 5;
const BUDGETS = { ...CONFIG, budgets: [{ name: "few", scope: "fleet", limits: [{ most: MOST, per: 10 * MINUTE }] }] };

/** Replicas that share one log in memory, and a clock of that log. */
function fleet(wrap: (log: Log) => Log = (log) => log) {
  const machine = new Machine();
  const log = memoryLog({ clock: { now: () => machine.utc } });
  const start = async (more: Partial<DefenderOptions> = {}): Promise<Defender> => {
    const defender = defenderOn(wrap(log), machine, { shared: true, caps: [], ...more });
    onTestFinished(() => defender.stop());
    await defender.start();
    return defender;
  };
  const begin = async (count = 3) => {
    const all = [];
    for (let n = 0; n < count; n++) all.push(await start());
    await all[0]!.init(ANA);
    await all[0]!.configure(BUDGETS, "ana");
    await hear(all[0]!, machine);
    return all;
  };
  return { machine, log, start, begin };
}

async function all(log: Log, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic)) records.push(...batch);
  return records;
}
const told = async (log: Log) =>
  (await all(log, "decisions")).map(({ value }) => (parseJson(value!) as Decision).offset);
/** All that two folds can differ in. */
const stateOf = async (defender: Defender) => {
  await defender.stoppedNow(0);
  return freeze(defender.state);
};

it("whoever is asked grants from one budget, and all come to the same", async () => {
  const { machine, begin, log } = fleet();
  const replicas = await begin();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => replicas[n % 3]!.decide(request(machine, { id: `r${n}` }))),
  );
  expect(answers.filter(({ outcome }) => outcome === "granted")).toHaveLength(MOST);
  expect(new Set(await Promise.all(replicas.map(stateOf))).size).toBe(1);
  for (const one of replicas) await one.told();
  expect((await told(log)).sort((a, b) => a - b)).toEqual(answers.map(({ offset }) => offset).sort((a, b) => a - b));
});

it("an id has one answer, at whichever replica it is asked again", async () => {
  const { machine, begin } = fleet();
  const [a, b] = await begin();
  const asked = request(machine);
  expect(await b!.decide(asked)).toEqual(await a!.decide(asked));
});

it("a brake pulled at one is known at all that are asked right after it", async () => {
  const { machine, begin } = fleet();
  const [a, b, c] = await begin();
  const { grant } = await a!.decide(request(machine));
  await b!.brake({ scope: "fleet", names: [] }, ANA);
  expect(await c!.stoppedNow(grant!.fence)).toMatch(/the brake is on/);
  expect((await c!.decide(request(machine))).reasons.map(({ code }) => code)).toEqual(["brake"]);
});

it("what was stored twice counts once, also for one that starts between the two", async () => {
  const { machine, begin, log, start } = fleet();
  const [a] = await begin(1);
  await a!.decide(request(machine));
  const [record] = (await all(log, "defender")).slice(-1);
  const late = await start({ snapshotEvery: 5 });
  machine.pass(20_000);
  const { topic, key, headers, value } = record!;
  await log.append([{ topic, key, headers, value } satisfies NewRecord]);
  const after = await start();
  machine.pass(20_000);
  await hear(a!, machine);
  expect(new Set(await Promise.all([a!, late, after].map(stateOf))).size).toBe(1);
});

it("a record that was lost, and perhaps a grant with it, is a hole that all see", async () => {
  const lost: unknown[] = [];
  const { machine, begin, log, start } = fleet();
  const [a] = await begin(1);
  // As if an unclean election had taken what was acknowledged: the log goes on without it.
  const other = memoryLog({ clock: { now: () => machine.utc } });
  const records = await all(log, "defender");
  await other.append(records.slice(0, -1));
  await a!.tick();
  await other.append((await all(log, "defender")).slice(-1));
  const b = defenderOn(other, machine, { shared: true, caps: [], lost: (e) => lost.push(e) });
  await b.start();
  expect(b.initialised).toBe(false);
  expect((await start()).initialised).toBe(true);
  await b.stop();
});

it("a log that begins later than its snapshot ends is not gone by", async () => {
  const { begin, log, machine } = fleet();
  await begin(1);
  await log.trim("defender", 2);
  const late = defenderOn(log, machine, { shared: true });
  await expect(late.start()).rejects.toMatchObject({ code: "defender-stopped" });
  await late.stop();
});

it("decisions of one that is gone are told by another, once", async () => {
  const { machine, log, begin } = fleet();
  const [a, b] = await begin(2);
  const first = await a!.decide(request(machine));
  await a!.told();
  const second = await a!.decide(request(machine));
  // It told the first without a word of that in the log, and dies before it tells the second.
  for (let n = 0; n < 8; n++) {
    machine.pass(10_000);
    await b!.tick();
  }
  await b!.told();
  expect(await told(log)).toEqual([first.offset, second.offset]);
});

it("one that was away for long begins anew, and answers", async () => {
  const { machine, begin } = fleet();
  const [a, b] = await begin(2);
  for (let n = 0; n < 8; n++) {
    machine.pass(10_000);
    await b!.tick();
  }
  await hear(b!, machine);
  expect((await a!.decide(request(machine))).outcome).toBe("granted");
  expect(new Set(await Promise.all([a!, b!].map(stateOf))).size).toBe(1);
});

it("who starts from a snapshot of another's comes to the same", async () => {
  const { machine, log, start } = fleet();
  const a = await start({ snapshotEvery: 20 });
  const b = await start({ snapshotEvery: 20 });
  await a.init(ANA);
  await a.configure(BUDGETS, "ana");
  await hear(a, machine);
  for (let n = 0; n < 60; n++) {
    machine.pass(1_000);
    await [a, b][n % 2]!.decide(request(machine));
  }
  while ((await all(log, "defender-snapshots")).length < 2) await new Promise(setImmediate);
  const c = await start({ snapshotEvery: 20 });
  expect(new Set(await Promise.all([a, b, c].map(stateOf))).size).toBe(1);
});

it("brokers whose clocks differ bring no time that never was", async () => {
  const skew = { value: 0 };
  const shift = (records: readonly LogRecord[]) =>
    records.map((one) => ({ ...one, time: one.time + times.get(one.offset)! }));
  const times = new Map<number, number>();
  const { machine, begin } = fleet((log) => ({
    ...log,
    append: async (records) => {
      const positions = await log.append(records);
      for (const { topic, offset } of positions)
        if (topic === "defender" && !times.has(offset)) times.set(offset, skew.value);
      return positions;
    },
    subscribe: (options, handler) =>
      log.subscribe(options, async (records, reading) => {
        while (!records.every(({ offset }) => times.has(offset))) await new Promise(setImmediate);
        return handler(options.topic === "defender" ? shift(records) : records, reading);
      }),
  }));
  const [a] = await begin(1);
  const before = a!.state.time.now;
  for (let n = 0; n < 100; n++) {
    machine.pass(100);
    skew.value = n % 2 ? 0 : -20_000;
    await a!.tick();
  }
  skew.value = 0;
  await a!.tick();
  expect(a!.state.time.now - before).toBe(10_000);
  skew.value = 365 * 24 * 3_600_000;
  await a!.tick();
  skew.value = 0;
  await a!.tick();
  machine.pass(60_000);
  await a!.tick();
  expect(a!.state.time.now - before).toBe(70_000);
});

it("says no in time where its log does not answer", async () => {
  const back: (() => void)[] = [];
  let isAway = false;
  const away = () => isAway && new Promise<void>((resolve) => back.push(resolve));
  const { machine, begin } = fleet((log) => ({
    ...log,
    append: async (records) => {
      await away();
      return log.append(records);
    },
    end: async (topic) => {
      await away();
      return log.end(topic);
    },
  }));
  const [a] = await begin(1);
  const { grant } = await a!.decide(request(machine));
  isAway = true;
  const asked = expect(a!.decide(request(machine))).rejects.toMatchObject({ code: "defender-unavailable" });
  machine.pass(2_000);
  await asked;
  expect(await a!.stoppedNow(grant!.fence)).toMatch(/does not know/);
  isAway = false;
  for (const resolve of back) resolve();
});
