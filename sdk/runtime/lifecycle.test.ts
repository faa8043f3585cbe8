import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { Lifecycle, type Runnable, untilSignal } from "./lifecycle.ts";

function world(names: readonly string[], more: Partial<Record<string, Partial<Runnable>>> = {}, grace = 1_000) {
  const said: string[] = [];
  const runnables = names.map((name) => ({
    name,
    start: () => void said.push(`start ${name}`),
    stop: () => void said.push(`stop ${name}`),
    ...more[name],
  }));
  const lifecycle = new Lifecycle(runnables, { grace, warn: (message) => said.push(message) });
  return { said, lifecycle };
}

describe("Lifecycle", () => {
  it("starts in order, stops in reverse, and each once however often it is asked", async () => {
    const { said, lifecycle } = world(["log", "ledger", "api"]);
    await Promise.all([lifecycle.start(), lifecycle.start()]);
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(said).toEqual(["start log", "start ledger", "start api", "stop api", "stop ledger", "stop log"]);
  });

  it("stops what was started where a later one cannot start, and says why to all callers", async () => {
    const start = () => Promise.reject(new Error("the port is taken"));
    const { said, lifecycle } = world(["log", "api", "never"], { api: { start } });
    await expect(lifecycle.start()).rejects.toThrow("the port is taken");
    await expect(lifecycle.start()).rejects.toThrow("the port is taken");
    expect(said).toEqual(["start log", "stop log"]);
  });

  it("goes on where one fails to stop, and leaves behind what takes longer than all have", async () => {
    const fails = { stop: () => Promise.reject(new Error("broken")) };
    const hangs = { stop: () => new Promise<void>(() => undefined) };
    const { said, lifecycle } = world(["log", "hangs", "fails"], { fails, hangs }, 20);
    await lifecycle.start();
    await lifecycle.stop();
    expect(said.slice(-2)).toEqual([
      "fails failed to stop: broken",
      "hangs did not stop within 20 ms; it is left behind",
    ]);
  });

  it("starts nothing more once it was stopped", async () => {
    let stop: () => Promise<void> = async () => undefined;
    const { said, lifecycle } = world(["log", "never"], { log: { start: () => void stop() } });
    stop = () => lifecycle.stop();
    await lifecycle.start();
    expect(said).toEqual([]);
  });
});

describe("untilSignal", () => {
  it("stops at the first signal, forces at the second, and listens no more afterwards", async () => {
    const signals = new EventEmitter();
    let release: () => void = () => undefined;
    const stop = () => new Promise<void>((done) => (release = done));
    const { lifecycle } = world(["slow"], { slow: { stop } });
    await lifecycle.start();
    let forced = 0;
    const ended = untilSignal(signals, lifecycle, () => void forced++);
    signals.emit("SIGTERM");
    await new Promise(setImmediate);
    signals.emit("SIGINT");
    expect(forced).toBe(1);
    release();
    await ended;
    expect(signals.listenerCount("SIGTERM") + signals.listenerCount("SIGINT")).toBe(0);
  });
});
