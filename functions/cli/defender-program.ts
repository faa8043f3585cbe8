import { Argument, type Command, Option } from "commander";
import type { Context } from "./context.ts";
import { example, remote } from "./flags.ts";

type Add = (name: string, description: string) => Command;
const reason = (command: Command) => command.option("--reason <text>", "why: it is kept in the audit");
const where = (command: Command) =>
  command
    .option("--cluster <name>", "of this cluster (default: the only one there is)")
    .option("--zone <name>", "in this zone (default: as it was last asked for)")
    .option("--pool <name>", "in this pool, likewise")
    .option("--owner <name>", "of this owner, likewise");

/** What a person says to the defender. */
export function addDefenderCommands(context: Context, add: Add): void {
  const explain = add("explain", "may this be done now, and why not? Asks the defender, spends nothing").argument(
    "<words...>",
    "an operation and a target, or the id of a decision",
  );
  where(remote(explain))
    .option("--as <actor>", "as if this one asked (default: you)")
    .action(async (words, options) => (await import("./explain.ts")).explain(context, words, options));
  example(explain, "roundsman explain drain Node/gpu-7 --pool gpu", "roundsman explain 4f1c09aa");

  const budgets = add("budgets", "how the budgets stand: what is spent, and when it is free again");
  remote(budgets)
    .option("--try <dir>", "instead: what the Budgets and the Defender of this folder (or file) would have said before")
    .option("--since <time>", "with --try: RFC 3339, or how long ago (default: 24h)")
    .action(async (options) =>
      options.try === undefined
        ? (await import("./budgets.ts")).budgets(context, options)
        : (await import("./budgets-try.ts")).tryBudgets(context, options),
    );
  example(budgets, "roundsman budgets", "roundsman budgets --try ./new-budgets --since 48h");

  const brake = add(
    "brake",
    "stop every operation at once, everywhere or in one scope; see which brakes are on; let go",
  );
  reason(remote(brake))
    .addArgument(new Argument("[action]", "what is done").choices(["status", "on", "release"]).default("status"))
    .argument("[what]", "on: a scope, such as cluster/eu-1 (default: fleet); release: the brake's number")
    .action(async (action, what, options) => (await import("./brake.ts")).brake(context, action, what, options));
  example(
    brake,
    "roundsman brake on cluster/eu-1 --reason 'strange reboots'",
    "roundsman brake release 4711 --reason 'found it'",
  );

  const audit = add("audit", "what was decided, newest first; --acts: what people did");
  remote(audit)
    .option("--since <time>", "RFC 3339, or how long ago: 24h")
    .addOption(new Option("--outcome <outcome>", "only these").choices(["granted", "denied", "waiting"]))
    .option("--cluster <glob>", "of these clusters")
    .option("--target <glob>", "of these targets: Node/gpu-*, Pod/shop/web, or a name")
    .option("--actor <glob>", "asked for by these")
    .option("--operation <glob>", "these operations")
    .option("--limit <n>", "at most so many (default: 50)")
    .option("--before <offset>", "older than this, as the page before says")
    .option("--acts", "instead: brakes, releases, approvals, resets, budgets")
    .action(async (options) => (await import("./audit.ts")).audit(context, options));
  example(audit, "roundsman audit --since 2h --outcome denied --target 'Node/gpu-*'");

  const approve = add("approve", "see which operations wait for a person's yes, and say it");
  reason(remote(approve))
    .argument("[matter]", "what is approved, or a unique beginning of it; without it they are listed")
    .option("--for <time>", "how long the yes holds, at most 24h (default: 1h)")
    .action(async (matter, options) => (await import("./approve.ts")).approve(context, matter, options));
  example(approve, "roundsman approve 9c2e41 --reason 'I looked: it hangs'");

  const defender = add("defender", "does it grant at all? Say that its journal may be used; open a latch");
  reason(remote(defender))
    .addArgument(new Argument("[action]", "what is done").choices(["status", "init", "reset"]).default("status"))
    .argument("[words...]", "reset: the budget and the scope, such as cluster/eu-1")
    .action(async (action, words, options) =>
      (await import("./defender.ts")).defender(context, action, words, options),
    );
  example(
    defender,
    "roundsman defender init --reason 'first start'",
    "roundsman defender reset per-hour cluster/eu-1 --reason 'a bad rule, taken out'",
  );
}
