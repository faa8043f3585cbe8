import { describe, expect, it } from "vitest";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { HOUR } from "./config.ts";
import { ANA, CONFIG, defenderOn, hear, Machine, request, started } from "./fixture.test-kit.ts";

const setUp = async () => {
  const machine = new Machine();
  const log = memoryLog({ clock: { now: () => machine.utc } });
  return { machine, log, defender: await started(log, machine) };
};
const codes = ({ reasons }: Decision) => reasons.map(({ code }) => code);

describe("Defender", () => {
  it("grants what the budgets allow, and says of the next one which budget, how much, until when, who", async () => {
    const { machine, defender } = await setUp();
    const first = machine.utc;
    for (let n = 0; n < 3; n++) {
      const decision = await defender.decide(request(machine));
      expect(decision).toMatchObject({ outcome: "granted", grant: { notAfter: machine.utc + 5_000 } });
      machine.pass(1_000);
    }
    const decision = await defender.decide(request(machine));
    const until = first + HOUR + 6_001;
    expect(decision).toMatchObject({ outcome: "denied", retryAt: until });
    expect(decision.reasons).toEqual([
      {
        code: "spent",
        budget: "cluster-hour",
        in: { scope: "cluster", names: ["eu-1"] },
        override: "the on-call SRE",
        window: HOUR,
        limit: 3,
        used: 3,
        remains: 0,
        until,
      },
    ]);
    await defender.stop();
  });

  it("gives one id one answer, and fences that rise", async () => {
    const { machine, defender } = await setUp();
    const one = request(machine);
    const first = await defender.decide(one);
    machine.pass(500);
    expect(await defender.decide({ ...one, sent: machine.utc })).toEqual(first);
    expect(codes(await defender.decide({ ...one, operation: "reboot" }))).toEqual(["id-reused"]);
    const second = await defender.decide(request(machine));
    expect(second.grant!.fence).toBeGreaterThan(first.grant!.fence);
    await defender.stop();
  });

  it("goes on after a stop with what it had granted, and a window comes back on the same boot", async () => {
    const { machine, log, defender } = await setUp();
    for (let n = 0; n < 3; n++) await defender.decide(request(machine));
    await defender.stop();
    machine.pass(HOUR + 5_999);
    const again = defenderOn(log, machine);
    await again.start();
    await hear(again, machine);
    expect(codes(await again.decide(request(machine)))).toEqual(["spent"]);
    machine.pass(2);
    expect((await again.decide(request(machine))).outcome).toBe("granted");
    await again.stop();
  });

  it("lets no time pass over another boot, and asks to be heard anew", async () => {
    const { machine, log, defender } = await setUp();
    for (let n = 0; n < 3; n++) await defender.decide(request(machine));
    await defender.stop();
    machine.boot = "two";
    machine.ticks = 999_999_999;
    machine.utc += 2 * HOUR;
    const again = defenderOn(log, machine);
    await again.start();
    expect(codes(await again.decide(request(machine)))).toEqual(["cluster-silent", "executor-silent", "spent"]);
    await hear(again, machine);
    expect(codes(await again.decide(request(machine)))).toEqual(["spent"]);
    await again.stop();
  });

  it("grants nothing on a new journal, without a durable log, or without trust", async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: { now: () => machine.utc } });
    const defender = defenderOn(log, machine, { durable: false });
    await defender.start();
    await hear(defender, machine);
    expect(codes(await defender.decide(request(machine)))).toEqual(["not-durable", "not-initialised", "trust"]);
    await defender.stop();
  });

  it("lets go only of the brake that is named", async () => {
    const { machine, defender } = await setUp();
    const scope = { scope: "cluster", names: ["eu-1"] } as const;
    const first = await defender.brake(scope, ANA);
    expect(codes(await defender.decide(request(machine)))).toEqual(["brake"]);
    const second = await defender.brake(scope, { by: "bo", reason: "again" });
    await expect(defender.release(scope, first, ANA)).rejects.toMatchObject({ code: "act-refused" });
    expect(defender.brakes).toMatchObject([{ offset: second, by: "bo" }]);
    await defender.release(scope, second, ANA);
    expect((await defender.decide(request(machine))).outcome).toBe("granted");
    await defender.stop();
  });

  it("tells the executor of a brake around what is under way, and knows no other grant", async () => {
    const { machine, defender } = await setUp();
    const { grant } = await defender.decide(request(machine));
    expect(defender.stopped(grant!.fence)).toBeUndefined();
    const brake = await defender.brake({ scope: "fleet", names: [] }, ANA);
    expect(defender.stopped(grant!.fence)).toBe(`the brake is on for the fleet, pulled by ${ANA.by}: ${ANA.reason}`);
    await defender.release({ scope: "fleet", names: [] }, brake, ANA);
    const elsewhere = await defender.brake({ scope: "cluster", names: ["us-1"] }, ANA);
    expect(defender.stopped(grant!.fence)).toBeUndefined();
    await defender.release({ scope: "cluster", names: ["us-1"] }, elsewhere, ANA);
    await defender.end(grant!.fence, "succeeded", "executor");
    expect(defender.stopped(grant!.fence)).toContain("no such grant");
    await defender.stop();
  });

  it("explains what it would say, and spends nothing by it", async () => {
    const { machine, log, defender } = await setUp();
    const end = await log.end("defender");
    for (let n = 0; n < 10; n++)
      expect(defender.explain(request(machine))).toMatchObject({ outcome: "granted", reasons: [] });
    expect(defender.explain(request(machine)).grant).toBeUndefined();
    expect(await log.end("defender")).toBe(end);
    for (let n = 0; n < 3; n++) await defender.decide(request(machine));
    const one = request(machine);
    const said = defender.explain(one);
    expect(said).toMatchObject({ outcome: "denied", reasons: [{ code: "spent" }] });
    expect(said.reasons).toEqual((await defender.decide(one)).reasons);
    machine.pass(HOUR + 60_000);
    expect(codes(defender.explain(request(machine)))).toEqual(["cluster-silent", "executor-silent"]);
    await defender.stop();
  });

  it("keeps the last good configuration", async () => {
    const { defender } = await setUp();
    const bad = { ...CONFIG, budgets: [{ ...CONFIG.budgets[0]!, scope: "planet" }] };
    await expect(defender.configure(bad, "ana")).rejects.toMatchObject({ code: "config-invalid" });
    expect(defender.config).toEqual(CONFIG);
    await defender.stop();
  });

  it("refuses a request with a mistake, by its field, and writes nothing of it", async () => {
    const { machine, log, defender } = await setUp();
    const end = await log.end("defender");
    const { cluster: _, ...rest } = request(machine);
    await expect(defender.decide(rest as never)).rejects.toMatchObject({
      code: "request-invalid",
      message: "The request is refused: cluster is missing.",
    });
    await expect(defender.decide(request(machine, { zone: "a\nb" }))).rejects.toMatchObject({
      code: "request-invalid",
    });
    expect(await log.end("defender")).toBe(end);
    await defender.stop();
  });

  it("writes each decision once, also after a stop", async () => {
    const { machine, log, defender } = await setUp();
    const one = request(machine);
    const said = [await defender.decide(one), await defender.decide(request(machine))];
    await defender.decide(one);
    await defender.stop();
    const again = defenderOn(log, machine);
    await again.start();
    await again.stop();
    const written: unknown[] = [];
    for await (const records of log.read("decisions")) written.push(...records.map(({ value }) => parseJson(value!)));
    expect(written).toEqual(said);
  });

  it("denies by rejecting where the journal cannot be written, and goes on when it can", async () => {
    const machine = new Machine();
    const whole = memoryLog({ clock: { now: () => machine.utc } });
    let isFull = false;
    const log = {
      ...whole,
      append: async (records: Parameters<typeof whole.append>[0]) => {
        if (isFull) throw new Error("disk full");
        return whole.append(records);
      },
    };
    const defender = await started(log, machine);
    isFull = true;
    const one = request(machine);
    await expect(defender.decide(one)).rejects.toMatchObject({ code: "defender-unavailable", retry: true });
    isFull = false;
    expect((await defender.decide(one)).outcome).toBe("granted");
    await defender.stop();
  });

  it("starts from a snapshot as from all records", async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: { now: () => machine.utc } });
    const defender = await started(log, machine, { snapshotEvery: 7 });
    for (let n = 0; n < 40; n++) {
      machine.pass(10_000);
      if (n % 3 === 0) await hear(defender, machine);
      await defender.decide(request(machine));
    }
    const probe = request(machine);
    await defender.stop();
    expect(await log.end("defender-snapshots")).toBeGreaterThan(0);
    let read = 0;
    const counting = { ...log, read: (topic: string, options?: { from?: number }) => counted(topic, options) };
    async function* counted(topic: string, options?: { from?: number }) {
      for await (const records of log.read(topic, options)) {
        if (topic === "defender") read += records.length;
        yield records;
      }
    }
    const quick = defenderOn(counting, machine);
    await quick.start();
    expect(read).toBeLessThan(8);
    const slow = defenderOn(
      { ...log, end: async (topic) => (topic === "defender-snapshots" ? 0 : log.end(topic)) },
      machine,
    );
    await slow.start();
    expect(quick.standing(probe)).toEqual(slow.standing(probe));
    expect(quick.standing(probe)[0]).toMatchObject({ budget: "cap-target" });
    await quick.stop();
    await slow.stop();
  });

  it("says what other budgets would have denied", async () => {
    const { machine, defender } = await setUp();
    const from = machine.utc;
    for (let n = 0; n < 3; n++) await defender.decide(request(machine));
    const stricter = { ...CONFIG, budgets: [{ ...CONFIG.budgets[0]!, limits: [{ most: 1, per: HOUR }] }] };
    const run = await defender.dryRun(stricter, from);
    expect(run).toMatchObject({ requests: 3, granted: 3, allowed: [] });
    expect(run.denied.map(codes)).toEqual([["spent"], ["spent"]]);
    expect(await defender.dryRun(CONFIG, from)).toMatchObject({ denied: [], allowed: [] });
    await defender.stop();
  });
});
