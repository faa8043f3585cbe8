import { homedir } from "node:os";
import { tokenReviewer } from "#broker/kube/index.ts";
import { watchedCluster } from "#functions/standalone/cluster.ts";
import { readConfigFiles, readDocuments } from "#functions/standalone/config-files.ts";
import { clusterDirectory, stateDirectory } from "#functions/standalone/paths.ts";
import { Settings, VARIABLES } from "#functions/standalone/settings.ts";
import { Standalone } from "#functions/standalone/standalone.ts";
import { sayError } from "#sdk/errors.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { untilSignal } from "#sdk/runtime/lifecycle.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { readSettings } from "#sdk/runtime/settings.ts";
import { textOf } from "#sdk/runtime/text-of.ts";
import { type Reviews, readCallers } from "#sdk/serve/callers-file.ts";
import { servedTls } from "#sdk/serve/served-tls.ts";
import { type VersionedContext, workerOf } from "./context.ts";
import { caseModules } from "./modules.ts";

export interface StartOptions {
  readonly settings?: string;
  readonly namespace?: string[];
  readonly excludeNamespace?: string[];
  readonly [flag: string]: unknown;
}

/** What a token must be for: `kubectl create token … --audience roundsman`. */
const AUDIENCE = "roundsman";

async function settingsFile(file: string | undefined) {
  if (file === undefined) return {};
  const text = await textOf(file);
  return { file: { name: file, values: readDocuments(text, file)[0]?.value ?? {} } };
}

/** Watches until it is stopped. */
export async function start(
  context: VersionedContext,
  { settings: file, namespace, excludeNamespace, ...rest }: StartOptions,
): Promise<void> {
  const { process } = context;
  const { env } = process;
  const flags = { ...rest, namespaces: namespace, excludeNamespaces: excludeNamespace };
  const settings = readSettings(Settings, { ...(await settingsFile(file)), env, flags }, VARIABLES);
  const logger = createLogger(settings.logLevel);
  const tell = (message: string) => process.stderr.write(`roundsman: ${message}\n`);
  const write = (text: string) => process.stdout.write(text);
  const base = { settings, env, clock: systemClock, random: Math.random, logger };
  const resources = settings.config === undefined ? [] : await readConfigFiles(settings.config);
  const modules = await caseModules(context, settings.cases ?? []);
  for (const { message } of modules.broken) tell(message);
  // Nobody is reviewed before there is a cluster to ask.
  const review: Reviews["review"] = (token, audiences) => tokenReviewer(cluster.client)(token, audiences);
  const reviews = { review, clock: systemClock, audience: AUDIENCE };
  const callers = settings.callers === undefined ? undefined : await readCallers(settings.callers, reviews);
  const tls = await servedTls(settings, tell);
  const cluster = await watchedCluster(base);
  write(`Inspecting ${cluster.says}.\n`);
  const standalone = new Standalone({
    ...base,
    cluster,
    dir: clusterDirectory(settings.data ?? stateDirectory(env, homedir()), cluster.name),
    modules: modules.modules,
    worker: workerOf(context),
    resources,
    stdout: { write, colour: process.stdout.isTTY === true && env.NO_COLOR === undefined },
    tell,
    version: context.version,
    callers,
    tls,
    fatal: (e) => {
      tell(sayError(e));
      process.exitCode = 2;
      process.kill(process.pid, "SIGTERM");
    },
  });
  try {
    await standalone.lifecycle.start();
    write(`Findings: ${standalone.url}/v1/findings (stop with Ctrl-C)\n`);
    await untilSignal(process, standalone.lifecycle, () => process.exit(130));
  } finally {
    await standalone.lifecycle.stop();
    await modules.dispose();
  }
}
