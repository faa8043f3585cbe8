import type { Scraped } from "#sdk/serve/scraped.ts";
import { CANARY } from "#sdk/terms.ts";
import type { Ledger } from "./ledger.ts";

/** What the ledger says of findings, and of the watchers that it hears. */
export function ledgerMetrics({ gauge }: Scraped, ledger: Pick<Ledger, "findings" | "markAges">): void {
  gauge("findings_open", "Open findings.", ["cluster", "case", "severity"], (say) => {
    const counts = new Map<string, { labels: Record<string, string>; n: number }>();
    for (const { cluster, case: name, severity } of ledger.findings("open")) {
      if (name === CANARY) continue;
      const id = JSON.stringify([cluster, name, severity]);
      const known = counts.get(id);
      if (known) known.n++;
      else counts.set(id, { labels: { cluster, case: name, severity }, n: 1 });
    }
    for (const { labels, n } of counts.values()) say(labels, n);
  });
  gauge("findings_stale", "Open findings that are frozen, because their view is old.", ["cluster"], (say) => {
    const counts = new Map([...ledger.markAges().keys()].map((cluster) => [cluster, 0]));
    for (const { cluster, stale } of ledger.findings("open"))
      if (stale) counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
    for (const [cluster, n] of counts) say({ cluster }, n);
  });
  gauge("mark_age_seconds", "How long ago the ledger last heard a cluster's watcher.", ["cluster"], (say) => {
    for (const [cluster, age] of ledger.markAges()) say({ cluster }, age / 1_000);
  });
}
