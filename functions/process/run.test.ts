/** What every process does, shown on one that does nothing else, with a log of its own. */
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Type from "typebox";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Base, Parts, Process } from "./process.ts";
import { runProcess } from "./run.ts";
import { settingsOf } from "./settings.ts";

let dir: string;
let data = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-process-test-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const settings = settingsOf({ greeting: Type.String({ default: "hello", description: "what it says" }) });

function begin(argv: readonly string[], parts: (base: Base<any>) => Parts, env: NodeJS.ProcessEnv = {}) {
  const events = new EventEmitter();
  let out = "";
  let err = "";
  const fake = Object.assign(events, {
    env,
    pid: 1,
    exitCode: undefined as number | undefined,
    stdout: { write: (text: string) => void (out += text), isTTY: false },
    stderr: { write: (text: string) => void (err += text) },
    exit: (code: number) => {
      throw new Error(`exit ${code}`);
    },
    kill: (_: number, signal: string) => void events.emit(signal),
  });
  const kind: Process<typeof settings> = { name: "greeter", says: "greets", settings, parts };
  const all = ["--data", join(dir, `data-${data++}`), "--port", "0", ...argv];
  const ended = runProcess(kind as unknown as Process, { process: fake as never, argv: all, version: "1.2.3" });
  ended.catch(() => undefined); // told by those who wait for it
  const url = async () => {
    await expect.poll(() => out).toMatch(/greeter: \S+\n/);
    return /greeter: (\S+)/.exec(out)![1]!;
  };
  return { fake, ended, url, err: () => err, stop: () => fake.emit("SIGTERM") };
}

it("listens at once, is ready when its parts are, says what it measures, and ends in order", async () => {
  const said: string[] = [];
  let go: () => void = () => undefined;
  const gate = new Promise<void>((done) => {
    go = done;
  });
  let waits = ["a word"];
  const { ended, url, stop, fake } = begin(["--greeting", "moin"], ({ settings: { greeting }, log }) => ({
    runnables: [
      { name: "one", start: () => gate, stop: () => void said.push("one") },
      { name: "two", start: () => undefined, stop: async () => void said.push(`two ${await log.end("config")}`) },
    ],
    waitsFor: () => waits,
    metrics: ({ gauge }) => gauge("greetings", "x", [], (say) => say({}, 7)),
    routes: (app) => app.get("/greet", () => ({ greeting })),
  }));
  const base = await url();
  const ready = async () => (await fetch(`${base}/readyz`)).status;
  expect((await fetch(`${base}/livez`)).status).toBe(200);
  expect(await ready()).toBe(503);
  go();
  waits = [];
  await expect.poll(ready).toBe(200);
  expect(await (await fetch(`${base}/greet`)).json()).toEqual({ greeting: "moin" });
  const metrics = await (await fetch(`${base}/metrics`)).text();
  expect(metrics).toContain('roundsman_build_info{version="1.2.3"} 1');
  expect(metrics).toContain("roundsman_greetings 7");
  expect(metrics).toContain("roundsman_log_trouble 0");
  stop();
  await ended;
  expect([said, fake.exitCode]).toEqual([["two 0", "one"], undefined]);
  await expect(fetch(`${base}/livez`)).rejects.toThrow();
});

it("what breaks while it runs ends it in order, with 2", async () => {
  const { ended, fake, err, url } = begin([], ({ fatal }) => ({
    runnables: [
      { name: "one", start: () => void setTimeout(() => fatal(new Error("it broke")), 20), stop: () => undefined },
    ],
  }));
  await url();
  await ended;
  expect([fake.exitCode, err()]).toEqual([2, expect.stringContaining("it broke")]);
});

it("a part that cannot start ends it, and what it had started", async () => {
  const said: string[] = [];
  const { ended } = begin([], () => ({
    runnables: [
      { name: "one", start: () => undefined, stop: () => void said.push("stopped") },
      { name: "two", start: () => Promise.reject(new Error("no")), stop: () => undefined },
    ],
  }));
  await expect(ended).rejects.toThrow("no");
  expect(said).toEqual(["stopped"]);
});

it("beyond loopback it is for those who are known alone", async () => {
  const none = (): Parts => ({ runnables: [] });
  await expect(begin(["--address", "0.0.0.0"], none).ended).rejects.toMatchObject({ code: "config-invalid" });
  const callers = join(dir, "callers");
  writeFileSync(callers, "prometheus read 0123456789abcdef0123\n");
  const { url, stop, ended } = begin(["--callers", callers], none);
  const base = await url();
  expect((await fetch(`${base}/metrics`)).status).toBe(401);
  const headers = { authorization: "Bearer 0123456789abcdef0123" };
  expect((await fetch(`${base}/metrics`, { headers })).status).toBe(200);
  expect((await fetch(`${base}/livez`)).status).toBe(200);
  stop();
  await ended;
});

it.each([
  [["--kafka-brokers", "k:9092"], /--kafka-brokers cannot stand beside --data/],
  [["--log-level", "loud"], /--log-level/],
  [["--kubeconfig", "/not/there"], /cannot be read/],
])("%j is refused before anything is begun", async (argv, says) => {
  const { ended } = begin(argv, (base) => {
    base.cluster();
    return { runnables: [] };
  });
  await expect(ended).rejects.toThrow(says);
});

it("no cluster is taken that nobody named", async () => {
  const { ended } = begin([], (base) => {
    base.cluster();
    return { runnables: [] };
  });
  await expect(ended).rejects.toThrow(/--kubeconfig is missing/);
});
