import { readConfigFiles } from "#functions/standalone/config-files.ts";
import { mergeResources } from "#functions/standalone/resources.ts";
import { inScope } from "#functions/standalone/scope.ts";
import { fault } from "#sdk/errors.ts";
import { type Instance, instancesOn } from "#sdk/resources/instances.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { type Finding, SEVERITIES } from "#sdk/terms.ts";
import type { VersionedContext } from "./context.ts";
import type { Snapshot } from "./dump.ts";
import { EXIT } from "./exit.ts";
import { findingsTable } from "./findings-table.ts";
import { isForPeople, loadCases } from "./loaded.ts";
import { fromDump } from "./look-dump.ts";
import { fromCluster, type LiveOptions } from "./look-live.ts";
import { type Looked, lookOnce } from "./look-once.ts";
import { type Format, print } from "./print.ts";

export interface ScanOptions extends LiveOptions {
  readonly file?: readonly string[];
  readonly now?: string;
  readonly complete?: boolean;
  readonly failOn?: (typeof SEVERITIES)[number];
  readonly output: Format;
  readonly cases?: readonly string[];
  readonly config?: string;
}

/** What is looked at, by whom. */
export interface Looking {
  readonly cluster: string;
  readonly instances: readonly Instance[];
  readonly snapshot: Snapshot;
  /** Which kinds `*` reads. Default: all that may be. */
  readonly all?: ReadonlySet<string>;
  /** Unix ms. */
  readonly now: number;
  /** Instances that were left out already. */
  readonly skipped: Looked["skipped"];
  /** What could not be read. */
  readonly errors: readonly string[];
}

/** So many lines of one sort, and how many more there are. */
const LINES = 20;

/** Looks once. Exit code: 0 nothing found, 1 findings (of `--fail-on` or worse), 2 something could not run. */
export async function scan(context: VersionedContext, options: ScanOptions): Promise<void> {
  const { process } = context;
  const { file, output, failOn } = options;
  const say = (message: string) => process.stderr.write(`roundsman: ${message}\n`);
  refuseMix(options);
  const loaded = await loadCases(context, options.cases ?? [], 10_000);
  try {
    for (const { message } of loaded.broken) say(message);
    const own = options.config === undefined ? [] : await readConfigFiles(options.config);
    const instancesFor = (cluster: string, defaults: readonly Resource[] = []) => {
      const configs = mergeResources(defaults, own).filter((resource) => resource.kind === "ProbeConfig");
      return instancesOn({ name: cluster }, loaded.manifests, configs).filter(({ manifest }) => isForPeople(manifest));
    };
    const { stdin, stderr, env } = process;
    const progress = (text: string) => stderr.isTTY && stderr.write(`\r\u001b[K${text}`);
    const looking = file
      ? await fromDump({ ...options, file }, { stdin, clock: systemClock, instancesFor, say })
      : await fromCluster(options, { env, instancesFor, say, progress });
    const complete = options.complete === true || !file;
    const looked = await lookOnce({ ...looking, complete, pool: loaded.pool });
    const findings = looked.findings.filter((finding) => inScope(options, finding));
    const skipped = [...looking.skipped, ...looked.skipped];
    const errors = [...looking.errors, ...looked.errors];
    tellSkipped(skipped, file !== undefined, say);
    for (const error of errors.slice(0, LINES)) say(error);
    if (errors.length > LINES) say(`and ${errors.length - LINES} more like these`);
    const all = looked.ran + skipped.length + looked.refused;
    const people = () =>
      findings.length === 0
        ? `Nothing found by ${looked.ran === all ? all : `${looked.ran} of ${all}`} cases.`
        : findingsTable(findings, looking.now);
    process.stdout.write(print(output, findings, people));
    const sawNothing = !complete && looking.snapshot.listed.size === 0;
    if (sawNothing) say("the dump holds no object, so nothing was looked at");
    process.exitCode = exitCode(findings, failOn, sawNothing || errors.length > 0 || loaded.broken.length > 0);
  } finally {
    await loaded.dispose();
  }
}

/** A flag that would do nothing is a mistake. */
function refuseMix(options: ScanOptions): void {
  const { file, now, complete, kubeconfig, context } = options;
  const refuse = (key: string, what: string) => fault("config-invalid", { where: "The command line", key, what });
  if (file === undefined && now !== undefined) throw refuse("--now", "says when a dump was taken: give one with -f");
  if (file === undefined && complete) throw refuse("--complete", "says what a dump holds: give one with -f");
  if (file !== undefined && (kubeconfig ?? context) !== undefined)
    throw refuse(
      kubeconfig === undefined ? "--context" : "--kubeconfig",
      "names a cluster, and -f a dump: give one of them",
    );
}

/** Silence about what could not be looked at would be a lie: then 0 is never said. */
function exitCode(findings: readonly Finding[], failOn: ScanOptions["failOn"], failed: boolean): number {
  const counts = (f: Finding) => failOn === undefined || SEVERITIES.indexOf(f.severity) <= SEVERITIES.indexOf(failOn);
  if (findings.some(counts)) return EXIT.found;
  return failed ? EXIT.failed : EXIT.ok;
}

/** One line per reason. */
function tellSkipped(skipped: Looked["skipped"], isDump: boolean, say: (message: string) => void): void {
  const reasons = new Map<string, string[]>();
  for (const { instance, why } of skipped) reasons.set(why, [...(reasons.get(why) ?? []), instance]);
  for (const [why, instances] of reasons)
    say(`${why}: ${instances.join(", ")} ${instances.length === 1 ? "is" : "are"} skipped`);
  if (isDump && reasons.size > 0)
    say("with --complete, what is not in the dump does not exist, and those cases run too");
}
