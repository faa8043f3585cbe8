import type { Scraped } from "#sdk/serve/scraped.ts";
import type { Alert } from "./alert.ts";

/** What the alerts say of their sinks. */
export function alertMetrics({ gauge, counter }: Scraped, alert: Pick<Alert, "counts" | "canaries">): void {
  const each =
    (of: "told" | "failed" | "refused"): Parameters<typeof counter>[3] =>
    (say) => {
      for (const [subscription, counts] of alert.counts()) say({ subscription }, counts[of]);
    };
  counter("notices_total", "Notices that a sink has taken.", ["subscription"], each("told"));
  counter(
    "notice_failures_total",
    "Tries to tell a sink that failed; they are repeated.",
    ["subscription"],
    each("failed"),
  );
  counter(
    "notices_refused_total",
    "Notices that a sink refused for good: dead letters.",
    ["subscription"],
    each("refused"),
  );
  gauge(
    "notice_tries",
    "Failed tries of the notice that a sink is being told; 0 = none waits.",
    ["subscription"],
    (say) => {
      for (const [subscription, { tries }] of alert.counts()) say({ subscription }, tries);
    },
  );
  gauge("canary_age_seconds", "How long ago a cluster's canary came last.", ["cluster"], (say) => {
    for (const [cluster, { age }] of alert.canaries()) say({ cluster }, age / 1_000);
  });
  gauge("canary_round_trip_seconds", "From the watcher to the sink, at the last round.", ["cluster"], (say) => {
    for (const [cluster, { roundTrip }] of alert.canaries())
      if (roundTrip !== undefined) say({ cluster }, roundTrip / 1_000);
  });
  counter("canary_rounds_total", "How often a cluster's canary came.", ["cluster"], (say) => {
    for (const [cluster, { rounds }] of alert.canaries()) say({ cluster }, rounds);
  });
}
