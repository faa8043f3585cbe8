import { tokenReviewer } from "#broker/kube/index.ts";
import { fault, sayError } from "#sdk/errors.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { Lifecycle, untilSignal } from "#sdk/runtime/lifecycle.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { readSettings } from "#sdk/runtime/settings.ts";
import { type Reviews, readCallers } from "#sdk/serve/callers-file.ts";
import { servedTls } from "#sdk/serve/served-tls.ts";
import { type NamedCluster, namedCluster } from "./cluster.ts";
import { readFlags } from "./flags.ts";
import { openLog } from "./open-log.ts";
import type { Base, Process } from "./process.ts";
import { createProcessServer, listen } from "./server.ts";
import { type CommonSettings, VARIABLES } from "./settings.ts";

export interface Run {
  readonly process: NodeJS.Process;
  readonly argv: readonly string[];
  readonly version: string;
}

/** Runs a process until it is stopped by a signal. Rejects where it cannot begin. */
export async function runProcess(kind: Process, { process, argv, version }: Run): Promise<void> {
  const { env } = process;
  const sources = { env, flags: readFlags(kind.settings, argv) };
  const settings = readSettings(kind.settings, sources, VARIABLES) as CommonSettings;
  const logger = createLogger(settings.logLevel);
  const tell = (message: string) => void process.stderr.write(`roundsman: ${message}\n`);
  const own = { clock: systemClock, random: Math.random, logger, env };
  let named: NamedCluster | undefined;
  const found = () => (named ??= namedCluster({ settings, ...own }));
  const cluster = () => {
    const one = found();
    if (one) return one;
    const what = "is missing, and this runs in no pod: it says which cluster";
    throw fault("config-invalid", { where: "The settings", key: "--kubeconfig", what });
  };
  const callers = settings.callers === undefined ? undefined : await readCallers(settings.callers, reviewsBy(found()));
  const tls = await servedTls(settings, tell);
  const clientId = settings.kafkaClientId ?? `roundsman-${kind.name}`;
  const opened = await openLog({ settings, clientId, clock: systemClock, logger });
  const fatal = (e: unknown) => {
    tell(sayError(e));
    process.exitCode = 2;
    process.kill(process.pid, "SIGTERM");
  };
  const base: Base = {
    ...{ settings, log: opened.log, weakness: opened.weakness, version, cluster, tell, fatal },
    ...own,
    stdout: {
      write: (text) => void process.stdout.write(text),
      colour: process.stdout.isTTY === true && env.NO_COLOR === undefined,
    },
    end: (e) => {
      tell(sayError(e));
      process.exit(3);
    },
  };
  let waits: readonly string[] = ["its start"];
  const putTogether = async () => {
    const parts = await kind.parts(base as never);
    const app = createProcessServer({
      ...{ name: kind.name, version, address: settings.address, callers, tls, opened, parts },
      waitsFor: () => [...waits, ...(parts.waitsFor?.() ?? [])],
      failed: (e, path) => logger.error({ err: sayError(e), path }, "a request failed"),
    });
    return { parts, app };
  };
  const { parts, app } = await putTogether().catch(async (e) => {
    await opened.log.close();
    await named?.close();
    throw e;
  });
  const lifecycle = new Lifecycle(
    [
      { name: "the cluster's client", start: () => undefined, stop: () => named?.close() },
      { name: "the log", start: () => undefined, stop: () => opened.log.close() },
      {
        name: "the server",
        start: async () => base.stdout.write(`${kind.name}: ${await listen(app, { ...settings, tls })}\n`),
        stop: () => app.close(),
      },
      { name: "the log's topics", start: () => opened.ready, stop: () => undefined },
      ...parts.runnables,
    ],
    { grace: settings.grace, warn: tell },
  );
  const stopped = untilSignal(process, lifecycle, () => process.exit(130));
  // Told to stop while it starts, it stops.
  await Promise.race([lifecycle.start(), stopped]);
  waits = [];
  await stopped;
}

/** For whom a caller's token must be. */
const AUDIENCE = "roundsman";

const reviewsBy = (cluster: NamedCluster | undefined): Reviews | undefined =>
  cluster && { review: tokenReviewer(cluster.client), clock: systemClock, audience: AUDIENCE };
