import { readFileSync } from "node:fs";
import { Argument, Command, Option } from "commander";
import { SEVERITIES } from "#sdk/terms.ts";
import type { Context } from "./context.ts";
import { addDefenderCommands } from "./defender-program.ts";
import { EXIT } from "./exit.ts";
import { cases, cluster, example, many, output, running, scope } from "./flags.ts";
import { addLetterCommands } from "./letters-program.ts";

/** What is said of a remedy. */
const WORDS_SAID = [
  ...["held", "observed", "granted", "denied", "waiting", "started"],
  ...["succeeded", "failed", "undone", "expired", "escalated"],
];

/** The command line. Each command's work is loaded when it is called. */
export function createProgram(context: Context): Command {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", context.here), "utf8")) as { version: string };
  const program = new Command("roundsman")
    .description(
      "Inspects Kubernetes clusters: small cases look at what clusters say, and findings live as long as their causes.",
    )
    .version(version)
    .showHelpAfterError("(roundsman --help shows what there is)")
    // What `run` is told after the process' name is the process' own.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => context.process.stdout.write(text),
      writeErr: (text) => context.process.stderr.write(text),
    })
    .exitOverride((e) => context.process.exit(e.exitCode === 0 ? EXIT.ok : EXIT.failed));
  const add = (name: string, description: string) => program.command(name).description(description);

  const start = add(
    "start",
    "watch a cluster and say what is wrong, until it is stopped; the practice cluster where none is named",
  );
  cluster(scope(cases(start)))
    .option("--port <port>", "of the HTTP API (default: 8080; also PORT)", Number)
    .option("--address <address>", "where the HTTP API listens; beyond 127.0.0.1 it needs --callers")
    .option("--callers <file>", "who may call it: NAME PERMISSIONS TOKEN in a line, or user:GLOB PERMISSIONS")
    .option("--tls-cert <file>", "a certificate, PEM: the API speaks https://; with --tls-key")
    .option("--tls-key <file>", "the certificate's private key, PEM")
    .option("--data <dir>", "where findings are kept (default: the user's state directory)")
    .option("--settings <file>", "a YAML file with these options")
    .option("--config-from-cluster", "the cluster's own resources of roundsman.dev count too (default: in a pod)")
    .option("--no-config-from-cluster", "they do not")
    .option("--log-level <level>", "silent, error, warn, info or debug; log lines go to stderr")
    .action(async (options) => (await import("./start.ts")).start({ ...context, version }, options));
  example(start, "roundsman start --kubeconfig ~/.kube/config --context prod --cases ./my-cases");

  const scan = add("scan", "look once, at a dump or at a live cluster, and print the findings");
  output(cluster(scope(cases(scan))))
    .option("-f, --file <dump>", "what `kubectl get … -o json|yaml` printed; - for stdin (may be given again)", many)
    .option("--now <time>", "when the dump was taken, RFC 3339 (default: the file's time)")
    .option("--complete", "the dump holds everything: what is not in it does not exist")
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 only for this severity or worse").choices([...SEVERITIES]),
    )
    .action(async (options) => (await import("./scan.ts")).scan({ ...context, version }, options));
  example(
    scan,
    "kubectl get all,endpointslices,nodes,leases,events,pv,pvc,crd,apiservices,\\\n      validatingwebhookconfigurations,mutatingwebhookconfigurations -A -o json > dump.json",
    "roundsman scan -f dump.json --complete --fail-on high",
  );

  const host = add(
    "host",
    "serve cases as a function over HTTP: CloudEvents with checks in, with verdicts out",
  ).argument("[dir...]", "cases of your own; those that come with Roundsman where none is named");
  host
    .option("--port <port>", "where it listens (default: 8080; also PORT)", Number)
    .option("--address <address>", "on which address; beyond 127.0.0.1 it needs --callers")
    .option("--callers <file>", "who may call it: NAME PERMISSIONS TOKEN in a line; who sends events needs `send`")
    .option("--tls-cert <file>", "its certificate and those that lead to its authority, PEM: then it speaks https")
    .option("--tls-key <file>", "the certificate's private key, PEM")
    .option("--threads <n>", "threads that run cases, at most (default: 2)", Number)
    .option("--log-level <level>", "silent, error, warn, info or debug; log lines go to stderr")
    .action(async (dirs, options) => (await import("./host.ts")).host({ ...context, version }, dirs, options));
  example(host, "roundsman host ./my-cases --port 8081");

  const run = add("run", "run one process of those that share a log on Kafka: watcher, dispatcher, ledger, alert, …")
    .argument("[process]", "which; without one: which there are")
    .argument("[flags...]", "its settings: PROCESS --help lists them, with their variables")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions();
  run.action(async (name, flags) => {
    const { runNamed } = await import("#functions/fleet/run.ts");
    await runNamed({ process: context.process, argv: name === undefined ? [] : [name, ...flags], version });
  });

  const findings = add("findings", "list findings of a running Roundsman, or of a stopped one's data");
  output(running(findings))
    .addOption(new Option("--state <state>", "open or resolved").choices(["open", "resolved", "all"]).default("open"))
    .addOption(new Option("--severity <severity>", "this or worse").choices([...SEVERITIES]))
    .option("--case <glob>", "of these cases")
    .option("--owner <glob>", "of these owners")
    .option("-n, --namespace <glob>", "on subjects in these namespaces")
    .action(async (options) => (await import("./findings.ts")).findings(context, options));
  example(findings, "roundsman findings --severity high --owner 'team-*'");

  const show = add("show", "everything about one finding: why it matters, what to do, what was done").argument(
    "<fingerprint>",
    "its fingerprint, or a unique beginning",
  );
  output(running(show)).action(async (fingerprint, options) =>
    (await import("./findings.ts")).show(context, fingerprint, options),
  );
  example(show, "roundsman show 1f2e3d4c");

  const list = add("cases", "list the cases, and check cases of your own");
  output(cases(list)).action(async (options) => (await import("./cases.ts")).cases({ ...context, version }, options));
  example(list, "roundsman cases --cases ./my-cases");

  const create = add("new", "write a folder with a first case of your own and its test").argument(
    "<dir>",
    "the folder; made if it is not there",
  );
  create
    .option("--name <case>", "the case's name, group/kebab-case", "team/my-first-case")
    .option("--package <spec>", "where npm gets roundsman from: a version, or the path of a tarball")
    .action(async (dir, options) => (await import("./new.ts")).create({ ...context, version }, dir, options));
  example(create, "roundsman new my-cases --name shop/no-latest-image");

  const test = add("test", "run the tests of cases: every *.test.ts below a folder").argument(
    "[dir]",
    "the folder",
    ".",
  );
  test.action(async (dir) => (await import("./test.ts")).test(context, dir));
  example(test, "roundsman test my-cases");

  const rbac = add("rbac", "print the read-only role that Roundsman needs for the cases it runs");
  cluster(cases(rbac))
    .option("-n, --namespace <name>", "rights in this namespace only, as for start (may be given again)", many)
    .option("--account-namespace <name>", "where the service account stands", "roundsman")
    .action(async (options) => (await import("./rbac.ts")).rbac({ ...context, version }, options));
  rbac.option(
    "--executor [operations]",
    "instead: the role of the executor, for these operations (comma-separated; default: all)",
  );
  rbac.option(
    "--config-from-cluster",
    "instead: what reading the cluster's own resources of roundsman.dev takes, beside the watcher's role",
  );
  example(
    rbac,
    "roundsman rbac --cases ./my-cases | kubectl apply -f -",
    "roundsman rbac --executor cordon,uncordon | kubectl apply -f -",
  );

  const crd = add("crd", "print the custom resource definitions of Roundsman's own kinds, or apply them to a cluster");
  crd
    .addArgument(new Argument("[action]", "what is done with them").choices(["print", "install"]).default("print"))
    .option("--kubeconfig <file>", "where to install them; also KUBECONFIG. ~/.kube/config only when named here")
    .option("--context <name>", "the kubeconfig's context")
    .action(async (action, options) => (await import("./crd.ts")).crd(context, action, options));
  example(crd, "roundsman crd | kubectl apply --server-side -f -", "roundsman crd install --kubeconfig ~/.kube/config");
  addDefenderCommands(context, add);

  const remedies = add("remedies", "what was done about what is wrong, newest first; --stats: how well it went");
  output(running(remedies))
    .option("--since <time>", "RFC 3339, or how long ago: 24h")
    .addOption(new Option("--what <word>", "only this").choices(WORDS_SAID))
    .option("--target <glob>", "of these targets: Node/gpu-*, Pod/shop/web, or a name")
    .option("--operation <glob>", "these operations")
    .option("--fingerprint <beginning>", "for this finding, or this node's condition")
    .option("--limit <n>", "at most so many (default: 50)")
    .option("--before <offset>", "older than this, as the page before says")
    .option("--stats", "instead: per case and operation asked, granted, denied, succeeded, repaired, came back")
    .action(async (options) => (await import("./remedies.ts")).remedies(context, options));
  example(remedies, "roundsman remedies --since 2h --what denied --target 'Node/gpu-*'", "roundsman remedies --stats");
  addLetterCommands(context, add);
  return program;
}
