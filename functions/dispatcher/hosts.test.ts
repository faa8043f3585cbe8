import { afterAll, beforeAll, expect, it } from "vitest";
import { askCases } from "#broker/dispatch/ask-cases.ts";
import { HostBook } from "#broker/dispatch/host-book.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { type BuiltHost, buildHost, type RunningHost } from "#functions/host/process.test-kit.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { Verdict } from "#sdk/terms.ts";
import { Dispatcher } from "./dispatcher.ts";
import { HostRoutes } from "./host-routes.ts";

const NAME = "team/slow";
const CASE = `import { inspection } from "roundsman";
export default inspection.each({
  name: "${NAME}", severity: "low", of: { kind: "v1/Pod", pick: ["spec.nodeName"] },
  check: () => { const until = performance.now() + 2; while (performance.now() < until); return { message: "wrong" }; },
});
`;

let built: BuiltHost;
beforeAll(async () => {
  built = await buildHost({ slow: CASE });
});
afterAll(() => built.remove());

let seq = 0;
function checkRecord(key: string) {
  const id = `c/1.${++seq}`;
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: key, namespace: "shop" } };
  const head = { id, cluster: "c", case: NAME, instance: NAME, key, stamp: { epoch: 1, seq } };
  const dataText = JSON.stringify({ ...head, params: {}, rows: { it: [pod] } });
  return recordOf({ topic: "checks", key: ["c", NAME, key], type: TYPES.checkDue, id, source: "/t", dataText });
}

function dispatcherTo(urls: readonly string[], timeout: number) {
  const own = { clock: systemClock, logger: createLogger("silent") };
  const log = memoryLog({ clock: systemClock });
  const routes = new HostRoutes({ flights: 4, timeout, token: undefined, ca: undefined, now: () => performance.now() });
  const book = new HostBook({
    ...{ ...own, urls, every: 0 },
    ask: (url) => askCases(url, { timeout }),
    changed: () => dispatcher.reroute(routes.of(book)),
  });
  const dispatcher = new Dispatcher({ ...own, log, routes: [], group: "g", batch: 5, wanted: () => book.wanted() });
  return {
    log,
    start: () => {
      book.start();
      dispatcher.start();
    },
    stop: async () => {
      book.stop();
      await dispatcher.stop();
      await routes.close();
      await log.close();
    },
  };
}

async function verdictsOf(log: Log): Promise<Map<string, Verdict>> {
  const found = new Map<string, Verdict>();
  for await (const records of log.read("verdicts"))
    for (const { value } of records) {
      const verdict = JSON.parse(value!) as Verdict;
      if (verdict.outcome !== "error") found.set(verdict.id, verdict);
    }
  return found;
}
const until = async (is: () => Promise<boolean>) => {
  while (!(await is())) await new Promise((done) => setTimeout(done, 20));
};

it("of two hosts one is killed, and then the other hangs: two dispatchers bring every check its verdict", async () => {
  const running: RunningHost[] = [await built.start(), await built.start()];
  const [first, second] = running as [RunningHost, RunningHost];
  const dispatchers = [1, 2].map(() =>
    dispatcherTo(
      running.map(({ url }) => url),
      2_000,
    ),
  );
  const ids: string[] = [];
  const send = async (log: Log, count: number) => {
    const records = Array.from({ length: count }, (_, i) => checkRecord(`pod-${ids.length + i}`));
    ids.push(...records.map(({ headers }) => headers.ce_id!));
    await log.append(records);
  };
  const answered = async () => {
    const all = await Promise.all(dispatchers.map(({ log }) => verdictsOf(log)));
    return new Map(all.flatMap((one) => [...one]));
  };
  try {
    for (const { start } of dispatchers) start();
    for (const { log } of dispatchers) await send(log, 400);
    await until(async () => (await answered()).size > 50);
    first.kill("SIGKILL");
    expect(await first.ended).toBe(null);
    const atKill = (await answered()).size;
    expect(atKill).toBeLessThan(ids.length);
    await until(async () => (await answered()).size === ids.length);

    // Another host comes up where the first was.
    const third = await built.start({ PORT: new URL(first.url).port });
    running.push(third);
    second.kill("SIGSTOP");
    for (const { log } of dispatchers) await send(log, 100);
    await until(async () => (await answered()).size === ids.length);
    // The one that hangs answered nothing of it: it still hangs.
    await expect(fetch(`${second.url}/livez`, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
    expect([...(await answered()).keys()].sort()).toEqual([...ids].sort());
    for (const verdict of (await answered()).values()) expect(verdict.outcome).toBe("warn");
  } finally {
    second.kill("SIGCONT");
    for (const host of running) host.kill("SIGKILL");
    for (const { stop } of dispatchers) await stop();
  }
});
