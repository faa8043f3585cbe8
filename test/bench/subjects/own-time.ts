/**
 * The whole of Roundsman in this process, on a real API server: how long each change takes from the moment its watch line
 * arrives until its finding is durable on the log.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { workerOf } from "#functions/cli/context.ts";
import { caseModules } from "#functions/cli/modules.ts";
import { watchedCluster } from "#functions/standalone/cluster.ts";
import { Settings } from "#functions/standalone/settings.ts";
import { Standalone } from "#functions/standalone/standalone.ts";
import { parseJson } from "#sdk/event/json.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { readSettings } from "#sdk/runtime/settings.ts";
import type { Finding } from "#sdk/terms.ts";
import { Changes } from "../changes.ts";
import { quantile } from "../process-cost.ts";

/** kubeconfig, the folder of the bundles as a URL, the cases' folder, how many changes, per second */
const [, , kubeconfig, dist, cases, count, rate] = process.argv as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const dir = mkdtempSync(join(tmpdir(), "roundsman-bench-"));
const settings = readSettings(Settings, { env: {}, flags: { port: 0, kubeconfig } }, {});
const base = { settings, env: {}, clock: systemClock, random: Math.random, logger: createLogger("warn") };
const cluster = await watchedCluster(base);

/** Monotonic ms: when the line came that turned an object bad. */
const arrived = new Map<string, number>();
const client: typeof cluster.client = {
  ...cluster.client,
  watch: (path, options) =>
    cluster.client.watch(path, {
      ...options,
      onEvents(events, at) {
        for (const { object } of events as any[]) {
          const { name, namespace } = object.metadata;
          if (namespace === "bench-time" && object.data?.bad === "true") arrived.set(name, at);
        }
        return options.onEvents(events, at);
      },
    }),
};
const context = { process, here: new URL(dist), version: "0" };
const { modules, dispose } = await caseModules(context, [cases]);
const standalone = new Standalone({
  ...base,
  cluster: { ...cluster, client },
  dir,
  modules,
  worker: workerOf(context),
  resources: [],
  stdout: { write: () => undefined, colour: false },
  tell: (text) => process.stderr.write(`${text}\n`),
  version: "0",
  callers: undefined,
  fatal: (e) => {
    process.stderr.write(`${e}\n`);
    process.exit(1);
  },
});
await standalone.lifecycle.start();
while ((await fetch(`${standalone.url}/readyz`)).status !== 200) await wait(20);
const took: number[] = [];
const subscription = standalone.log!.subscribe({ topic: "findings", from: "end" }, (records) => {
  const now = systemClock.monotonic();
  for (const { headers, value } of records) {
    if (value === null || !headers.ce_type!.includes("raised")) continue;
    const { subject } = parseJson(value) as Finding;
    const at = subject.namespace === "bench-time" ? arrived.get(subject.name) : undefined;
    if (at !== undefined) took.push(now - at);
  }
});
const changes = new Changes(kubeconfig, "bench-time");
await changes.turn(0, Number(count), true, Number(rate));
for (const end = Date.now() + 10_000; took.length < Number(count) && Date.now() < end; ) await wait(20);
process.stdout.write(
  `${JSON.stringify({ findings: took.length, p50: quantile(took, 0.5), p99: quantile(took, 0.99), most: Math.max(...took) })}\n`,
);
changes.close();
await subscription.close();
await standalone.lifecycle.stop();
await dispose();
rmSync(dir, { recursive: true, force: true });
