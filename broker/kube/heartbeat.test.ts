import { describe, expect, it, onTestFinished } from "vitest";
import { startHeartbeat } from "./heartbeat.ts";
import { until } from "./test-server.ts";
import { TIMEOUTS } from "./transport.ts";

const timeouts = { ...TIMEOUTS, heartbeat: 5, heartbeatAnswer: 50 };

/** A heartbeat that asks `ask`, and what it found. */
const beating = (ask: () => Promise<number>) => {
  const found = { alive: [] as number[], dead: 0, asked: 0, inUse: true };
  const stop = startHeartbeat({
    timeouts,
    clock,
    inUse: () => found.inUse,
    ask: () => {
      found.asked += 1;
      return ask();
    },
    alive: (sentAt) => found.alive.push(sentAt),
    dead: () => {
      found.dead += 1;
    },
  });
  onTestFinished(stop);
  return { found, stop };
};

const clock = { monotonic: () => performance.now() };
const turn = () => new Promise<void>((done) => setTimeout(() => setImmediate(done), 1));
const never = () => new Promise<number>(() => undefined);

describe("a heartbeat", () => {
  it("proves the moment at which it asked", async () => {
    let answer = (_status: number): void => undefined;
    const { found } = beating(
      () =>
        new Promise((done) => {
          answer = done;
        }),
    );
    await until(() => found.asked === 1);
    const asked = performance.now();
    await turn();
    answer(200);
    await until(() => found.alive.length === 1);
    expect(found.alive[0]).toBeLessThanOrEqual(asked);
  });

  it("finds dead what does not answer, once, and asks nothing meanwhile", async () => {
    const { found } = beating(never);
    await until(() => found.dead === 1);
    for (let i = 0; i < 20; i++) await turn();
    expect([found.asked, found.dead, found.alive]).toEqual([1, 1, []]);
  });

  it("does not take this process's own business for the server's silence", async () => {
    let over = false;
    const { found } = beating(async () => {
      if (over) return never();
      over = true;
      // Busy for longer than anybody waits; then the answer takes some turns to be read.
      const end = performance.now() + 3 * timeouts.heartbeatAnswer;
      while (performance.now() < end);
      for (let i = 0; i < 4; i++) await turn();
      return 200;
    });
    await until(() => found.alive.length === 1);
    expect(found.dead).toBe(0);
  });

  it("goes on after a failed GET, and counts no gateway's error as an answer", async () => {
    const answers = [() => Promise.reject(new Error("reset")), async () => 503, async () => 401, never];
    const { found } = beating(() => answers.shift()!());
    await until(() => found.asked === 4);
    expect([found.alive.length, found.dead]).toEqual([1, 0]);
  });

  it("asks nothing while nothing is used, nor after it is stopped", async () => {
    const { found, stop } = beating(async () => 200);
    await until(() => found.asked > 0);
    found.inUse = false;
    const asked = found.asked;
    for (let i = 0; i < 10; i++) await turn();
    expect(found.asked).toBe(asked);
    found.inUse = true;
    await until(() => found.asked > asked);
    stop();
    const last = found.asked;
    for (let i = 0; i < 10; i++) await turn();
    expect(found.asked).toBe(last);
  });
});
