import type { Scraped } from "#sdk/serve/scraped.ts";
import type { Watcher } from "./watcher.ts";

export interface WatcherMeasured {
  readonly cluster: string;
  /** It may be another one later. */
  readonly watcher: () => Pick<Watcher, "views" | "status" | "candidateRatios">;
}

/** What a watcher says of its view of the cluster, and of the checks that it waits for. */
export function watcherMetrics({ gauge, counter }: Scraped, { cluster, watcher }: WatcherMeasured): void {
  gauge("view_age_seconds", "How old the view of a kind is.", ["cluster", "kind"], (say) => {
    for (const [kind, age] of Object.entries(watcher().views().ages))
      if (age !== null) say({ cluster, kind }, age / 1_000);
  });
  gauge("case_ready", "1 where all reads of a case are listed and fresh.", ["cluster", "case"], (say) => {
    const { ready, refused } = watcher().views();
    for (const id of ready) say({ cluster, case: id }, 1);
    for (const id of Object.keys(refused)) say({ cluster, case: id }, 0);
  });
  gauge("table_objects", "Objects that are held of a kind.", ["cluster", "kind"], (say) => {
    for (const [kind, count] of Object.entries(watcher().status().objects)) say({ cluster, kind }, count);
  });
  gauge(
    "case_candidate_ratio",
    "Candidates of a case, as a share of the objects of the kinds it reads: over 0.01 its `where` lets healthy objects through.",
    ["cluster", "case"],
    (say) => {
      for (const [id, ratio] of Object.entries(watcher().candidateRatios())) say({ cluster, case: id }, ratio);
    },
  );
  gauge(
    "unanswered_seconds",
    "How long ago the oldest unanswered change of a case came; none where all are answered.",
    ["cluster", "case"],
    (say) => {
      for (const [id, age] of Object.entries(watcher().status().unanswered)) say({ cluster, case: id }, age / 1_000);
    },
  );
  const streams = (name: string, help: string, of: "lists" | "watches" | "events" | "errors") =>
    counter(name, help, ["cluster"], (say) => {
      const all = Object.values(watcher().status().streams);
      say(
        { cluster },
        all.reduce((sum, counts) => sum + counts[of], 0),
      );
    });
  streams("lists_total", "Lists of a kind that were begun.", "lists");
  streams("watches_total", "Watches that were opened.", "watches");
  streams("watch_events_total", "Events that came over watches.", "events");
  streams("watch_errors_total", "Lists and watches that failed.", "errors");
}
