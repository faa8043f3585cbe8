import type { Budget, Config, Standing } from "#functions/defender/index.ts";
import { sayScope } from "#functions/defender/scopes.ts";
import { sayDuration } from "#sdk/case/duration.ts";
import { type Brake, tellBrakes } from "./brake.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { type Format, print, table } from "./print.ts";

export interface BudgetsOptions extends Remote {
  readonly output: Format;
}

interface Budgets {
  readonly config: Config;
  /** Of the program; no budget can raise them. */
  readonly caps: readonly Budget[];
  readonly initialised: boolean;
  readonly standing: readonly Standing[];
}

/** How the budgets stand: what is spent first. */
export async function budgets(context: Context, options: BudgetsOptions): Promise<void> {
  const client = await connect(context, options);
  const answer = await client.get<Budgets>("/v1/budgets");
  const { brakes } = await client.get<{ brakes: Brake[] }>("/v1/brake");
  context.process.stdout.write(print(options.output, { ...answer, brakes }, () => tell(answer, brakes)));
}

const isSpent = ({ limit, remains, latched }: Standing): boolean => latched || limit === undefined || remains === 0;
const sayBack = (until: number | undefined): string =>
  until === undefined ? "-" : `${new Date(until).toISOString().slice(0, 19)}Z`;

function tell({ config, caps, initialised, standing }: Budgets, brakes: readonly Brake[]): string {
  const spent = standing.filter(isSpent);
  // A cap that is not spent is far away: only what is of the budgets is shown.
  const isCap = ({ budget }: Standing) => caps.some(({ name }) => name === budget);
  const rows = standing
    .filter((one) => isSpent(one) || !isCap(one))
    .map((one) => [
      one.budget,
      sayScope(one.in),
      one.limit === undefined
        ? "?"
        : `${one.limit}${one.window === undefined ? " at once" : ` per ${sayDuration(one.window)}`}`,
      String(one.used),
      String(one.remains),
      one.latched ? "latched" : sayBack(one.until),
    ]);
  const untouched = config.budgets.filter(({ name }) => standing.every(({ budget }) => budget !== name));
  return [
    ...(initialised
      ? []
      : ["NOTHING is granted: the journal is new, was not found or has a hole. See `roundsman defender status`.", ""]),
    ...(brakes.length === 0 ? [] : [tellBrakes(brakes), ""]),
    spent.length === 0
      ? "No budget is spent."
      : `${spent.length} ${spent.length === 1 ? "window is" : "windows are"} spent:`,
    ...(rows.length === 0 ? [] : ["", table(["BUDGET", "WHERE", "ALLOWS", "USED", "REMAINS", "FREE AGAIN"], rows)]),
    ...(untouched.length === 0 ? [] : ["", `Nothing of: ${untouched.map(({ name }) => name).join(", ")}.`]),
  ].join("\n");
}
