import { readConfigFiles } from "#functions/standalone/config-files.ts";
import { DEFAULT_RESOURCES } from "#functions/standalone/default-resources.ts";
import { configWith } from "#functions/standalone/healing.ts";
import { mergeResources } from "#functions/standalone/resources.ts";
import { plain } from "#sdk/runtime/text.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { type Format, print } from "./print.ts";

export interface TryOptions extends Remote {
  readonly try: string;
  readonly since?: string;
  readonly output: Format;
}

interface Told {
  readonly count: number;
  readonly newest: readonly { readonly says: string }[];
}
interface DryRun {
  readonly requests: number;
  readonly granted: number;
  readonly denied: Told;
  readonly allowed: Told;
}

/** What the budgets of a folder would have said to what was asked before. Nothing is changed by it. */
export async function tryBudgets(context: Context, options: TryOptions): Promise<void> {
  const config = configWith(mergeResources(DEFAULT_RESOURCES, await readConfigFiles(options.try)), Date.now());
  const client = await connect(context, options);
  const since = options.since ?? "24h";
  const answer = await client.post<DryRun>("/v1/budgets/dry-run", { config, since });
  context.process.stdout.write(print(options.output, answer, () => tell(answer, since)));
}

const SHOWN = 10;

function tell({ requests, granted, denied, allowed }: DryRun, since: string): string {
  const one = ({ count, newest }: Told, head: string) =>
    count === 0
      ? []
      : [
          "",
          `${head}, newest first:`,
          ...newest.slice(0, SHOWN).map(({ says }) => says.split("\n").map(plain).join("\n")),
          ...(count > SHOWN ? [`… and ${count - SHOWN} more: -o json`] : []),
        ];
  return [
    `Of ${requests} requests since ${since}, ${granted} were granted; of those ${denied.count} would not have been. Of the others ${allowed.count} would have been.`,
    ...one(denied, "Would not have been granted"),
    ...one(allowed, "Would have been granted"),
  ].join("\n");
}
