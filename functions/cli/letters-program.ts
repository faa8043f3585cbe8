import { Argument, type Command } from "commander";
import type { Context } from "./context.ts";
import { example, output, remote, running } from "./flags.ts";

/** What a person does about records that were set aside, and about notices that got lost. */
export function addLetterCommands(context: Context, add: (name: string, description: string) => Command): void {
  const letters = add(
    "dead-letters",
    "records that could not be handled: list them, show one as it was, have it evaluated now",
  );
  output(running(letters))
    .addArgument(new Argument("[action]", "what is done").choices(["list", "show", "replay"]).default("list"))
    .argument("[letter...]", "show: its number; replay: one or several")
    .option("--since <time>", "RFC 3339, or how long ago: 24h")
    .option("--topic <name>", "only of this topic")
    .option("--cause <glob>", "only for these causes: sink-*")
    .option("--all", "also those that were replayed")
    .option("--limit <n>", "at most so many (default: 50)")
    .option("--before <letter>", "older than this, as the page before says")
    .action(async (action, numbers, options) =>
      (await import("./dead-letters.ts")).deadLetters(context, action, numbers, options),
    );
  example(letters, "roundsman dead-letters", "roundsman dead-letters show 17", "roundsman dead-letters replay 17");

  const alerts = add("alerts", "have a subscription's sink told again, each notice under the id that it had");
  remote(alerts)
    .addArgument(new Argument("<action>", "what is done").choices(["redeliver"]))
    .argument("<subscription>", "the AlertSubscription's name")
    .option("--since <time>", "findings since: RFC 3339, or how long ago (default: 1h)")
    .option("--fingerprint <fingerprint>", "only of this finding")
    .action(async (_, subscription, options) =>
      (await import("./alerts.ts")).redeliver(context, subscription, options),
    );
  example(alerts, "roundsman alerts redeliver shop-pager --since 2h");
}
