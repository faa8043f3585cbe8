import { describe, expect, it } from "vitest";
import { FaultyDisk } from "#broker/log/file/faulty-disk.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { CAPS, HOUR } from "../../functions/defender/config.ts";
import {
  ANA,
  CONFIG,
  defenderOn,
  hear,
  Machine,
  request,
  SILENT,
  started,
} from "../../functions/defender/fixture.test-kit.ts";
import type { Input } from "../../functions/defender/input.ts";
import { Journal } from "../../functions/defender/journal.ts";
import { readInput } from "../../functions/defender/records.ts";

const MOST = 3;
const open = (disk: FaultyDisk, machine: Machine): Promise<Log> =>
  openFileLog(
    { dir: "/log", clock: machine.clocks.clock, warn: () => undefined },
    { disk, processes: { own: async () => ({ pid: 1, started: "now" }), judge: async () => "dead" } },
  );
const isGrant = ({ outcome }: Decision) => outcome === "granted";
const segmentOf = (disk: FaultyDisk): string => disk.paths().findLast((path) => path.endsWith(".segment"))!;

/** All that it grants when it is asked more than enough. */
async function grantsOf(log: Log, machine: Machine): Promise<number> {
  const defender = defenderOn(log, machine, { logger: SILENT });
  await defender.start();
  await hear(defender, machine);
  const answers = [];
  for (let n = 0; n < 2 * MOST; n++) answers.push(await defender.decide(request(machine)));
  await defender.stop();
  return answers.filter(isGrant).length;
}

/** The same without a process around it: it is done for every byte. */
async function grantsOfJournal(disk: FaultyDisk, machine: Machine): Promise<number> {
  const log = await open(disk, machine);
  const { clock, ticks } = machine.clocks;
  const journal = new Journal({ log, clock, ticks: ticks!, caps: CAPS, snapshotEvery: 99, warn: () => undefined });
  await journal.open();
  const heard = { cluster: "eu-1", ages: { "v1/Node": 100 }, leases: { total: 40, stale: 0 } };
  const inputs: Input[] = [
    { kind: "start", durable: true },
    { kind: "heartbeat", ...heard },
    { kind: "executor", cluster: "eu-1", clock: machine.utc },
    ...Array.from({ length: 2 * MOST }, (): Input => ({ kind: "request", request: request(machine) })),
  ];
  const written = await Promise.all(inputs.map((input) => journal.write(input)));
  await log.close();
  return written.filter(({ answer }) => answer.decision?.grant).length;
}

describe("a restart", () => {
  it("never refills: killed at every byte of a write, no grant more than the budget", { timeout: 60_000 }, async () => {
    const machine = new Machine();
    const disk = new FaultyDisk();
    const log = await open(disk, machine);
    const defender = await started(log, machine);
    for (let n = 0; n < MOST - 1; n++) expect(isGrant(await defender.decide(request(machine)))).toBe(true);
    const confirmed = disk.bytes(segmentOf(disk)).length;
    await defender.decide(request(machine));
    const image = disk.copy();
    const path = segmentOf(image);
    const whole = image.bytes(path);
    expect(whole.length).toBeGreaterThan(confirmed + 100);
    await defender.stop();
    await log.close();
    const after = new Map<number, number>();
    for (let end = confirmed; end <= whole.length; end++) {
      const left = image.copy();
      left.put(path, whole.subarray(0, end));
      const grants = await grantsOfJournal(left, machine);
      after.set(grants, (after.get(grants) ?? 0) + 1);
    }
    // Cut: the last was never answered, so there is one left. Whole: there is none.
    expect([...after.keys()].sort()).toEqual([0, 1]);
    expect(after.get(0)).toBe(1);
  });

  it("grants nothing on a journal that is gone, until a person answers for the past", async () => {
    const machine = new Machine();
    const log = await open(new FaultyDisk(), machine);
    expect(await grantsOf(log, machine)).toBe(0);
    await log.close();
  });

  it("grants nothing more on a journal whose snapshot is of another format: the records themselves are read", async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: machine.clocks.clock });
    const defender = await started(log, machine);
    for (let n = 0; n < MOST; n++) await defender.decide(request(machine));
    await defender.stop();
    expect(await log.end("defender-snapshots")).toBe(1);
    const old = memoryLog({ clock: machine.clocks.clock });
    for await (const records of log.read("defender"))
      await old.append(records.map(({ topic, key, headers, value }) => ({ topic, key, headers, value })));
    for await (const records of log.read("defender-snapshots"))
      await old.append(
        records.map(({ topic, key, headers, value }) => ({
          topic,
          key,
          headers,
          value: value!.replace('"part"', '"piece"'),
        })),
      );
    expect(await grantsOf(old, machine)).toBe(0);
  });

  it("grants nothing on a journal with records of an older format among them", async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: machine.clocks.clock });
    const defender = await started(log, machine);
    await defender.decide(request(machine));
    await defender.stop();
    const old = memoryLog({ clock: machine.clocks.clock });
    for await (const records of log.read("defender"))
      for (const record of records) {
        const { topic, key, headers, value } = record;
        const isOld = readInput(record)?.input.kind === "request";
        await old.append([{ topic, key, value, headers: isOld ? { ...headers, ce_type: "of.old" } : headers }]);
      }
    expect(await grantsOf(old, machine)).toBe(0);
  });

  it("gives the window back, on the same boot no later than W + ε, and on another boot not before", async () => {
    for (const [boot, grants] of [
      ["one", MOST],
      ["two", 0],
    ] as const) {
      const machine = new Machine();
      const disk = new FaultyDisk();
      const log = await open(disk, machine);
      const defender = await started(log, machine);
      for (let n = 0; n < MOST; n++) await defender.decide(request(machine));
      const left = disk.afterKill();
      machine.boot = boot;
      machine.pass(HOUR + CONFIG.settings.epsilon);
      const early = await open(left.copy(), machine);
      expect(await grantsOf(early, machine)).toBe(0);
      await early.close();
      machine.pass(1);
      const again = await open(left, machine);
      expect(await grantsOf(again, machine)).toBe(grants);
      await again.close();
    }
  });
});

describe("the brake under load", () => {
  it("holds from its record on: no grant stands after it, pulled at any moment among requests, 100 times", async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: machine.clocks.clock });
    const defender = await started(log, machine, { caps: [] });
    await defender.configure({ ...CONFIG, budgets: [] }, "ana");
    const fleet = { scope: "fleet", names: [] } as const;
    let after = 0;
    let before = 0;
    for (let round = 0; round < 100; round++) {
      const at = 1 + Math.floor(Math.random() * 23);
      let pulled: Promise<number> | undefined;
      const answers: Promise<Decision>[] = [];
      for (let n = 0; n < 25; n++) {
        if (n === at) pulled = defender.brake(fleet, ANA);
        answers.push(defender.decide(request(machine)), defender.decide(request(machine)));
        if (n % 3 === round % 3) await new Promise(setImmediate);
      }
      const brake = (await pulled)!;
      for (const { offset, outcome } of await Promise.all(answers)) {
        if (outcome === "granted") expect(offset).toBeLessThan(brake);
        if (outcome === "granted") before += 1;
        else after += 1;
      }
      await defender.release(fleet, brake, ANA);
    }
    await defender.stop();
    expect(before).toBeGreaterThan(1_000);
    expect(after).toBeGreaterThan(1_000);
  });
});
