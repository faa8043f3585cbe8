import { describe, expect, test } from "vitest";
import type { Budget } from "#functions/defender/index.ts";
import { HOUR, MINUTE } from "../defender/config.ts";
import { CONFIG } from "../defender/fixture.test-kit.ts";
import { runningDefender } from "./defender.test-kit.ts";

const DRAIN = "explain drain Node/gpu-7 --pool gpu";
const GPU_7 = { kind: "Node", name: "gpu-7", uid: "u" };
const golden = (name: string) => `golden/explain-${name}.txt`;
const sizes = (healthy: number) => ({
  cluster: "eu-1",
  scopes: [{ scope: "cluster" as const, name: "", kind: "Node", total: 40, healthy }],
});
const floor: Budget = {
  name: "half-alive",
  scope: "cluster",
  limits: [],
  healthy: { atLeast: 60, coolDown: 15 * MINUTE },
};

/** What a newcomer reads at night. Changed on purpose: `npx vitest run functions/cli/explain.test.ts -u`, and read it. */
describe("explain says what happened, which limit, until when, who may override, what to do", () => {
  test("a spent window", async () => {
    const { machine, run, ask } = await runningDefender();
    for (let n = 0; n < 3; n++) {
      expect(await ask()).toBe("granted");
      machine.pass(5_000);
    }
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("spent"));
  });

  test("a cap, which nobody can raise", async () => {
    const { run, ask, machine } = await runningDefender({ budgets: [] });
    for (let n = 0; n < 6; n++) {
      expect(await ask({ target: GPU_7 })).toBe("granted");
      machine.pass(1_000);
    }
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("cap"));
  });

  test("the brake", async () => {
    const { run } = await runningDefender();
    await run("brake on cluster/eu-1 --reason 'strange reboots since 02:40'");
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("brake"));
  });

  test("a pool that is not trusted so far", async () => {
    const { run } = await runningDefender({ trust: [{ match: { pool: ["gpu"] }, level: "cordon" }] });
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("trust"));
    expect(await run("explain cordon Node/gpu-7 --pool gpu")).toBe(
      "WOULD BE GRANTED now: cordon of Node gpu-7 of eu-1. Nothing stands against it.\n",
    );
  });

  test("a cluster that is silent", async () => {
    const { machine, run } = await runningDefender();
    machine.pass(90_000);
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("silent"));
  });

  test("so much that looks broken that the view is in doubt", async () => {
    const { defender, run } = await runningDefender();
    await defender.heartbeat({ cluster: "eu-1", ages: { "v1/Node": 45_000 }, leases: { total: 40, stale: 12 } });
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("doubt"));
  });

  test("too few that are healthy, and the while after", async () => {
    const { machine, defender, run } = await runningDefender({ budgets: [floor] });
    await defender.sizes(sizes(20));
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("unhealthy"));
    machine.pass(5_000);
    await defender.sizes(sizes(38));
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("cooling-down"));
  });

  test("what waits for a person's yes", async () => {
    const { run, ask } = await runningDefender({ settings: { ...CONFIG.settings, dangerous: ["reboot"] } });
    expect(await ask({ id: "4f1c09aa17", matter: "9c2e41d0", operation: "reboot", target: GPU_7 })).toBe("waiting");
    await expect(await run("explain 4f1c")).toMatchFileSnapshot(golden("approval"));
  });

  test("a budget that has latched", async () => {
    const budgets: Budget[] = [
      { name: "per-hour", scope: "cluster", limits: [{ most: 1, per: HOUR }], whenSpent: "latch" },
    ];
    const { machine, defender, run, ask } = await runningDefender({ budgets });
    expect([await ask(), await ask()]).toEqual(["granted", "denied"]);
    machine.pass(2 * HOUR);
    await defender.heartbeat({ cluster: "eu-1", ages: { "v1/Node": 100 }, leases: { total: 40, stale: 0 } });
    await defender.executorClock({ cluster: "eu-1", clock: machine.utc });
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("latched"));
  });

  test("a journal that is new", async () => {
    const { run } = await runningDefender({}, { isNew: true });
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("new-journal"));
  });

  test("several things at once, each with what to do", async () => {
    const { defender, run, ask } = await runningDefender({
      budgets: [{ name: "one-at-a-time", scope: "pool", limits: [], inFlight: 1, override: "team-gpu" }],
      trust: [],
      calendars: [
        {
          name: "year-end",
          kind: "freeze",
          spans: [{ from: Date.UTC(2026, 11, 20), to: Date.UTC(2027, 0, 4) }],
          until: Date.UTC(2027, 6, 1),
          override: "the head of operations",
        },
      ],
    });
    expect(await ask()).toBe("denied");
    await defender.brake({ scope: "fleet", names: [] }, { by: "ana", reason: "an upgrade went wrong" });
    await expect(await run(DRAIN)).toMatchFileSnapshot(golden("several"));
  });
});

describe("explain", () => {
  test("goes from a decision to what was said then, and would be now", async () => {
    const { defender, run, ask } = await runningDefender();
    await run("brake on --reason 'a test'");
    await ask({ id: "4f1c09aa17" });
    await run(`brake release ${defender.brakes[0]!.offset} --reason 'over'`);
    const text = await run("explain 4f1c09aa17");
    expect(text).toMatch(/^It was said then:\nDENIED: drain of Node /);
    expect(text).toMatch(/\n\nAsked again now:\nWOULD BE GRANTED now: drain of Node .*\n$/);
  });

  test("says when it asks of no pool, since none is known", async () => {
    const { run, ask } = await runningDefender();
    expect(await run("explain drain node/gpu-7")).toContain("Asked as of no pool");
    await ask({ target: GPU_7, pool: "gpu" });
    expect(await run("explain drain node/gpu-7")).not.toContain("Asked as of no pool");
  });

  test("is data too", async () => {
    const { run } = await runningDefender();
    expect(JSON.parse(await run(`${DRAIN} -o json --as bot`))).toMatchObject({
      decision: { outcome: "granted", actor: "bot", cluster: "eu-1", target: { kind: "Node", name: "gpu-7" } },
      asked: { pool: "gpu" },
    });
  });

  test.each([
    ["explain drain gpu-7", "gpu-7 names no target: give Node/gpu-7 or Pod/shop/web."],
    ["explain drain Node/gpu-7 now", "is too much"],
    ["explain abcd", "No decision has the id abcd"],
  ])("refuses %s", async (line, says) => {
    const { run } = await runningDefender();
    await expect(run(line)).rejects.toThrow(says);
  });
});
