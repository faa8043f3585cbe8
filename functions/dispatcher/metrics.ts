import type { Scraped } from "#sdk/serve/scraped.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** What the dispatcher says of the checks that it brings to what runs them. */
export function dispatcherMetrics(
  { gauge, counter }: Scraped,
  dispatcher: Pick<Dispatcher, "waiting" | "counts" | "flights" | "unrouted">,
): void {
  gauge("dispatch_waiting", "Checks that wait to be run.", [], (say) => say({}, dispatcher.waiting));
  gauge("dispatch_in_flight", "Requests with checks that are under way.", [], (say) => say({}, dispatcher.flights));
  gauge("dispatch_unrouted", "Checks that wait because nothing is known to run their case.", [], (say) =>
    say({}, dispatcher.unrouted),
  );
  counter("dispatch_checks_total", "Checks that were sent to what runs them.", [], (say) =>
    say({}, dispatcher.counts.checks),
  );
  counter("dispatch_batches_total", "Batches they were sent in.", [], (say) => say({}, dispatcher.counts.batches));
  counter("dispatch_retries_total", "Checks that are tried again after their run was broken off.", [], (say) =>
    say({}, dispatcher.counts.retried),
  );
}
