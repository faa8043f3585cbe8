import { sayMoment } from "#functions/defender/explain.ts";
import { queryOf, said } from "#functions/healer/said.ts";
import { readStats, type Stats } from "#functions/healer/stats.ts";
import type { What, Word } from "#functions/healer/words.ts";
import { sayDuration } from "#sdk/case/duration.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { saySubject } from "./findings-table.ts";
import { type Format, print, table } from "./print.ts";
import { withStored } from "./stored.ts";

export interface RemediesOptions extends Remote {
  readonly data?: string;
  readonly cluster?: string;
  readonly since?: string;
  readonly what?: What;
  readonly target?: string;
  readonly operation?: string;
  readonly fingerprint?: string;
  readonly limit?: string;
  readonly before?: string;
  readonly stats?: boolean;
  readonly output: Format;
}

interface Page {
  readonly remedies: readonly Word[];
  readonly before?: number | undefined;
}

const FILTERS = ["since", "what", "cluster", "target", "operation", "fingerprint", "limit", "before"] as const;

/** What was done about what is wrong, newest first; or its sums. */
export async function remedies(context: Context, options: RemediesOptions): Promise<void> {
  const { stdout } = context.process;
  if (options.stats) {
    const stats = await readSums(context, options);
    stdout.write(print(options.output, stats, () => tellStats(stats)));
    return;
  }
  const page = await readPage(context, options);
  stdout.write(print(options.output, page, () => tellPage(page)));
}

async function readPage(context: Context, options: RemediesOptions): Promise<Page> {
  const { data, cluster } = options;
  const words = Object.fromEntries(
    FILTERS.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]] as const])),
  );
  if (data === undefined) return (await connect(context, options)).get(`/v1/remedies?${new URLSearchParams(words)}`);
  return withStored(data, cluster, async (log) => {
    const { found, before } = await said(log, queryOf(words, systemClock.now()));
    return { remedies: found, ...(before !== undefined && { before }) };
  });
}

async function readSums(context: Context, options: RemediesOptions): Promise<Stats> {
  const { data, cluster } = options;
  if (data !== undefined) return withStored(data, cluster, readStats);
  return (await connect(context, options)).get("/v1/remedies/stats");
}

function tellPage({ remedies, before }: Page): string {
  if (remedies.length === 0) return "Nothing was done, and nothing was asked for.";
  const rows = remedies.map(({ at, what, operation, target, cluster, finding, message }) => [
    sayMoment(at),
    what,
    operation,
    saySubject(target),
    cluster,
    finding?.fingerprint.slice(0, 8) ?? "-",
    message ?? "-",
  ]);
  const more = before === undefined ? "" : `\n\nOlder: --before ${before}`;
  return table(["TIME", "WHAT", "OPERATION", "TARGET", "CLUSTER", "FINDING", "SAYS"], rows) + more;
}

const ACCOUNTS = ["CASE", "OPERATION", "ASKED", "GRANTED", "DENIED", "SUCCEEDED", "FAILED", "REPAIRED IN", "CAME BACK"];
const REMEDIERS = ["REMEDIER", "STRATEGY", "SUCCEEDED", "AT LEAST"];

function tellStats({ accounts, remediers }: Stats): string {
  if (accounts.length === 0 && remediers.length === 0) return "There are no remediers, and nothing was ever asked for.";
  const rows = accounts.map((one) => [
    one.case,
    one.operation,
    `${one.asked}`,
    `${one.granted}`,
    counts(one.denied),
    one.successPercent === undefined ? `${one.succeeded}` : `${one.succeeded} (${one.successPercent} %)`,
    counts(one.failed),
    one.timeToRepair === undefined ? "-" : `${sayRoughly(one.timeToRepair)} (${one.repaired})`,
    `${one.cameBack}`,
  ]);
  const standing = remediers.map(({ remedier, strategy, succeeded, of, minSuccess, flaw }) => [
    remedier,
    flaw === undefined ? strategy : "observe (!)",
    of === 0 ? "-" : `${succeeded} of the latest ${of}`,
    minSuccess,
  ]);
  const flaws = remediers.flatMap(({ remedier, flaw }) =>
    flaw === undefined ? [] : [`\n(!) ${remedier} was told to act and only observes: ${flaw}.`],
  );
  return [
    ...(rows.length === 0 ? [] : [table(ACCOUNTS, rows), ""]),
    ...(standing.length === 0 ? [] : [table(REMEDIERS, standing), ...flaws]),
  ]
    .join("\n")
    .trimEnd();
}

/** `7 (spent 5, brake 2)`, the most frequent first. */
function counts(all: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(all).sort(([, a], [, b]) => b - a);
  const sum = sorted.reduce((total, [, count]) => total + count, 0);
  return sum === 0 ? "0" : `${sum} (${sorted.map(([word, count]) => `${word} ${count}`).join(", ")})`;
}

/** To the second: a mean has no end of digits. */
const sayRoughly = (ms: number): string => sayDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000));
