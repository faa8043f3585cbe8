import type { Scraped } from "#sdk/serve/scraped.ts";
import type { Account } from "./account.ts";
import type { Healer } from "./healer.ts";

/** What the healer says of remedies, since the beginning of the log. */
export function healerMetrics({ counter }: Scraped, healer: Pick<Healer, "accounts">): void {
  counter("remedies_total", "What came of remedies.", ["case", "operation", "outcome"], (say) => {
    for (const account of healer.accounts.all())
      for (const [outcome, count] of outcomesOf(account))
        say({ case: account.case, operation: account.operation, outcome }, count);
  });
}

function outcomesOf({ denied, failed, ...account }: Account): (readonly [string, number])[] {
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const { granted, waiting, succeeded, expired, observed, escalated } = account;
  const counts = {
    ...{ granted, waiting, succeeded, expired, observed, escalated },
    denied: sum(denied),
    failed: sum(failed),
  };
  return Object.entries(counts).filter(([, count]) => count > 0);
}
