import { namedCluster } from "#functions/standalone/cluster.ts";
import { readConfigFiles } from "#functions/standalone/config-files.ts";
import { fault } from "#sdk/errors.ts";
import { type Instance, instancesOn } from "#sdk/resources/instances.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { type Finding, SEVERITIES } from "#sdk/terms.ts";
import type { VersionedContext } from "./context.ts";
import { readDump, type Snapshot } from "./dump.ts";
import { findingsTable } from "./findings-table.ts";
import { listLive } from "./live.ts";
import { loadCases } from "./loaded.ts";
import { type Looked, lookOnce } from "./look-once.ts";
import { type Format, print } from "./print.ts";
import { EXIT } from "./program.ts";

export interface ScanOptions {
  readonly file?: string[];
  readonly now?: string;
  readonly complete?: boolean;
  readonly failOn?: (typeof SEVERITIES)[number];
  readonly output: Format;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly namespace?: string[];
  readonly excludeNamespace?: string[];
  readonly cases?: string[];
  readonly config?: string;
}

interface Looking {
  readonly cluster: string;
  readonly instances: readonly Instance[];
  readonly snapshot: Snapshot;
  readonly all?: ReadonlySet<string>;
  readonly now: number;
}

/** Looks once. Exit code: 0 nothing found, 1 findings (of `--fail-on` or worse), 2 something could not run. */
export async function scan(context: VersionedContext, options: ScanOptions): Promise<void> {
  const { process } = context;
  const say = (message: string) => process.stderr.write(`roundsman: ${message}\n`);
  const loaded = await loadCases(context, options.cases ?? [], 10_000);
  try {
    for (const { message } of loaded.broken) say(message);
    const resources = options.config === undefined ? [] : await readConfigFiles(options.config);
    const configs = resources.filter((resource) => resource.kind === "ProbeConfig");
    const instancesFor = (cluster: string) => instancesOn({ name: cluster }, loaded.manifests, configs);
    const looking = options.file
      ? await fromDump(context, options.file, options, instancesFor, say)
      : await fromCluster(context, options, instancesFor);
    const complete = options.complete === true || options.file === undefined;
    const looked = await lookOnce({ ...looking, complete, pool: loaded.pool });
    tellSkipped(looked.skipped, say);
    for (const error of looked.errors) say(error);
    const people = () =>
      looked.findings.length === 0 ? "Nothing found." : findingsTable(looked.findings, looking.now);
    process.stdout.write(print(options.output, looked.findings, people));
    process.exitCode = exitCode(looked, options.failOn, loaded.broken.length);
  } finally {
    await loaded.dispose();
  }
}

/** Silence about what could not be looked at would be a lie: then 0 is never said. */
function exitCode({ findings, errors }: Looked, failOn: ScanOptions["failOn"], broken: number): number {
  const counts = (f: Finding) => failOn === undefined || SEVERITIES.indexOf(f.severity) <= SEVERITIES.indexOf(failOn);
  if (findings.some(counts)) return EXIT.found;
  return errors.length + broken > 0 ? EXIT.failed : EXIT.ok;
}

async function fromDump(
  { process }: VersionedContext,
  files: readonly string[],
  options: ScanOptions,
  instancesFor: (cluster: string) => Instance[],
  say: (message: string) => void,
): Promise<Looking> {
  const cluster = options.cluster ?? "dump";
  const snapshot = await readDump(files, () => readAll(process.stdin));
  let now = options.now === undefined ? undefined : Date.parse(options.now);
  if (Number.isNaN(now))
    throw fault("config-invalid", {
      where: "The command line",
      key: "--now",
      what: `is "${options.now}"; write a time such as 2026-01-31T12:00:00Z`,
    });
  if (now === undefined) {
    now = snapshot.time ?? Date.now();
    say(
      `taken as of ${new Date(now).toISOString()}, ${snapshot.time === undefined ? "now" : "the file's time"}; give --now if it was dumped at another moment`,
    );
  }
  return { cluster, instances: instancesFor(cluster), snapshot, now };
}

async function fromCluster(
  { process }: VersionedContext,
  options: ScanOptions,
  instancesFor: (cluster: string) => Instance[],
): Promise<Looking> {
  const logger = createLogger("warn");
  const cluster = namedCluster({
    settings: options,
    env: process.env,
    clock: systemClock,
    random: Math.random,
    logger,
  });
  if (!cluster) throw fault("no-cluster", {});
  const isTerminal = process.stderr.isTTY === true;
  try {
    const instances = instancesFor(cluster.name);
    const progress = (kind: string) => isTerminal && process.stderr.write(`\r\u001b[Klisting ${kind}`);
    const { all, ...snapshot } = await listLive({
      client: cluster.client,
      instances,
      ...(options.namespace && { namespaces: options.namespace }),
      exclude: options.excludeNamespace ?? [],
      progress,
    });
    if (isTerminal) process.stderr.write("\r\u001b[K");
    return { cluster: cluster.name, instances, snapshot, all, now: Date.now() };
  } finally {
    await cluster.close();
  }
}

/** One line per reason. */
function tellSkipped(skipped: Looked["skipped"], say: (message: string) => void): void {
  const reasons = new Map<string, string[]>();
  for (const { instance, why } of skipped) reasons.set(why, [...(reasons.get(why) ?? []), instance]);
  for (const [why, instances] of reasons)
    say(`${why}: ${instances.join(", ")} ${instances.length === 1 ? "is" : "are"} skipped`);
  if (reasons.size > 0) say("with --complete, what is not in the dump does not exist, and those cases run too");
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
