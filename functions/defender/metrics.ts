import type { Scraped } from "#sdk/serve/scraped.ts";
import { CAPS } from "./config.ts";
import type { Defender } from "./defender.ts";
import type { Standing } from "./standing.ts";

type Measured = Pick<Defender, "brakes" | "initialised" | "config" | "standings">;

/** What the defender says of what it would still grant. */
export function defenderMetrics({ gauge }: Scraped, defender: Measured): void {
  gauge("brakes", "Brakes that are on.", [], (say) => say({}, defender.brakes.length));
  gauge("defender_initialised", "1 once a person has answered for the journal.", [], (say) =>
    say({}, defender.initialised ? 1 : 0),
  );
  // Scopes are targets and owners too, without number: they are counted, never named.
  const scopes = (name: string, help: string, is: (one: Standing) => boolean) =>
    gauge(name, help, ["budget", "scope"], (say) => {
      const budgets = [...CAPS, ...defender.config.budgets];
      const found = new Map(budgets.map((budget) => [budget.name, new Set<string>()]));
      for (const one of defender.standings()) if (is(one)) found.get(one.budget)?.add(JSON.stringify(one.in));
      for (const { name: budget, scope } of budgets) say({ budget, scope }, found.get(budget)!.size);
    });
  scopes("budget_spent_scopes", "Scopes in which nothing of a budget remains now.", ({ remains }) => remains === 0);
  scopes(
    "budget_latched_scopes",
    "Scopes in which a budget is latched until a person resets it.",
    ({ latched }) => latched,
  );
}
