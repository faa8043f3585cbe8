import { type Command, Option } from "commander";

/** Flags that several commands take. */
export const many = (value: string, before: string[] | undefined) => [...(before ?? []), value];

export const cluster = (command: Command) =>
  command
    .option("--kubeconfig <file>", "the kubeconfig; also KUBECONFIG. ~/.kube/config only when named here")
    .option("--context <name>", "the kubeconfig's context")
    .option("--cluster <name>", "the cluster's name in findings (default: the context's cluster)");
export const scope = (command: Command) =>
  command
    .option("-n, --namespace <name>", "only this namespace (may be given again)", many)
    .option("--exclude-namespace <name>", "not this namespace (may be given again)", many);
export const cases = (command: Command) =>
  command
    .option("--cases <dir>", "cases of your own: TypeScript files that export them (may be given again)", many)
    .option("--config <dir>", "ProbeConfigs and AlertSubscriptions, YAML or JSON");
export const output = (command: Command) =>
  command.addOption(
    new Option("-o, --output <format>", "how it is printed").choices(["table", "json", "yaml"]).default("table"),
  );
export const running = (command: Command) =>
  command
    .option("--url <url>", "the running Roundsman to ask (default: http://127.0.0.1:$PORT, or 8080)")
    .option("--token-file <file>", "your token, where it asks for one; also ROUNDSMAN_TOKEN")
    .option("--ca-file <file>", "PEM certificates an https:// one is believed by; also ROUNDSMAN_CA_FILE")
    .option("--data <dir>", "instead of asking one that runs: the data directory of a stopped one")
    .option("--cluster <name>", "only this cluster's; needed where a data directory holds several");

export const example = (command: Command, ...lines: string[]) =>
  command.addHelpText("after", `\nExample:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
/** A running one; these have no meaning for a stopped one's data. */
export const remote = (command: Command) =>
  output(command)
    .option("--url <url>", "the running Roundsman to ask (default: http://127.0.0.1:$PORT, or 8080)")
    .option("--token-file <file>", "your token, where it asks for one; also ROUNDSMAN_TOKEN")
    .option("--ca-file <file>", "PEM certificates an https:// one is believed by; also ROUNDSMAN_CA_FILE");
