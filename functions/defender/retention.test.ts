import { describe, expect, it } from "vitest";
import { FaultyDisk } from "#broker/log/file/faulty-disk.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { DAY, HOUR } from "./config.ts";
import { CONFIG, defenderOn, hear, Machine, request, started } from "./fixture.test-kit.ts";
import { type Mark, withMark } from "./retention.ts";

const SNAPSHOT_EVERY = 5;

const recordsOf = async (log: Log, topic: string) => {
  const all = [];
  for await (const records of log.read(topic)) all.push(...records);
  return all;
};

/** Days go by, a request an hour, a snapshot every two hours or so. */
async function run(log: Log, machine: Machine, hours: number) {
  const defender = await started(log, machine, { snapshotEvery: SNAPSHOT_EVERY });
  for (let n = 0; n < hours; n++) {
    machine.pass(HOUR);
    await hear(defender, machine);
    await defender.decide(request(machine));
  }
  return defender;
}

describe("what the defender keeps", () => {
  it("is two snapshots, and inputs of ten of the longest window; the same is granted as before", async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: machine.clocks.clock });
    const defender = await run(log, machine, 24 * 30);
    const before = machine.utc;
    await defender.stop();
    expect(await recordsOf(log, "defender-snapshots")).toHaveLength(2);
    const inputs = await recordsOf(log, "defender");
    const oldest = before - inputs[0]!.time;
    expect(oldest).toBeGreaterThanOrEqual(10 * DAY);
    // A snapshot is packed beside the loop, and here days go by meanwhile.
    expect(oldest).toBeLessThan(20 * DAY);

    const probe = request(machine);
    const again = defenderOn(log, machine);
    await again.start();
    expect(again.standing(probe)).toEqual(defender.standing(probe));
    expect(again.initialised).toBe(true);
    await again.stop();
  });

  it("is enough where the last snapshot is not whole", async () => {
    const machine = new Machine();
    const whole = memoryLog({ clock: machine.clocks.clock });
    const defender = await run(whole, machine, 24 * 15);
    await defender.stop();
    const last = await whole.end("defender-snapshots");
    const torn: Log = {
      ...whole,
      async *read(topic, options) {
        for await (const records of whole.read(topic, options))
          yield records.map((record) =>
            topic === "defender-snapshots" && record.offset === last - 1
              ? { ...record, value: record.value!.replace(/"text":"..../, '"text":"AAAA') }
              : record,
          );
      },
    };
    const probe = request(machine);
    const again = defenderOn(torn, machine);
    await again.start();
    expect(again.initialised).toBe(true);
    expect(again.standing(probe)).toEqual(defender.standing(probe));
    await again.stop();
  });

  it("is enough for a dry run of the last day", async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: machine.clocks.clock });
    const defender = await run(log, machine, 24 * 20);
    expect((await recordsOf(log, "defender"))[0]!.offset).toBeGreaterThan(0);
    const from = machine.utc - DAY + 1;
    expect(await defender.dryRun(CONFIG, from)).toMatchObject({ requests: 24, granted: 24, denied: [], allowed: [] });
    const stricter = { ...CONFIG, budgets: [{ ...CONFIG.budgets[0]!, limits: [{ most: 1, per: 2 * HOUR }] }] };
    expect((await defender.dryRun(stricter, from)).denied.length).toBeGreaterThan(10);
    await defender.stop();
  });

  it("does not grow on the disk, however many snapshots there are", async () => {
    const machine = new Machine();
    const disk = new FaultyDisk();
    const sizes: number[] = [];
    for (let round = 0; round < 8; round++) {
      const log = await openFileLog(
        { dir: "/log", clock: machine.clocks.clock, segmentBytes: 50_000, commitDelay: 0, warn: () => undefined },
        { disk, processes: { own: async () => ({ pid: 1, started: "now" }), judge: async () => "dead" } },
      );
      const defender = await run(log, machine, 24 * 5);
      await defender.stop();
      // For a year, by another's will.
      await log.trim("decisions", await log.end("decisions"));
      await log.close();
      sizes.push(disk.paths().reduce((sum, path) => sum + disk.bytes(path).length, 0));
    }
    expect(Math.max(...sizes.slice(4))).toBeLessThan(Math.max(...sizes.slice(0, 4)) * 1.25);
  });

  it("knows by a few marks, whatever time there is between snapshots", () => {
    for (const step of [1, 1_000, 40_000, 5_000_000]) {
      let marks: readonly Mark[] = [];
      for (let n = 0; n < 3_000; n++) {
        const now = n * step;
        marks = withMark(marks, { offset: n, now }, 10_000);
        expect(marks.length).toBeLessThan(23);
        // The oldest is old enough as soon as any is, and no more than a twentieth older than it must be.
        if (now > 105_000 + step) expect(now - marks[0]!.now).toBeGreaterThanOrEqual(100_000);
        if (step < 5_000) expect(now - marks[0]!.now).toBeLessThan(111_000);
      }
    }
  });
});
