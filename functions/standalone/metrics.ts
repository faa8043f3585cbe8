import { collectDefaultMetrics, Registry } from "prom-client";
import type { Dispatcher } from "#functions/dispatcher/dispatcher.ts";
import type { Account } from "#functions/healer/accounts.ts";
import type { Ledger } from "#functions/ledger/ledger.ts";
import type { Watcher } from "#functions/watcher/watcher.ts";
import { scraped } from "#sdk/serve/scraped.ts";
import type { Healing } from "./healing.ts";

export interface Measured {
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  /** It may be another one later. */
  readonly watcher: Watcher;
  readonly healing: Pick<Healing, "defender" | "healer">;
  readonly version: string;
}

/** A registry of its own; everything is read when it is scraped. */
export function createMetrics(measured: Measured): Registry {
  const { ledger, dispatcher, healing, version } = measured;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "roundsman_" });
  const { gauge, counter: labelled } = scraped(registry);
  const counter = (name: string, help: string, read: () => number) =>
    labelled(name, help, [], (say) => say({}, read()));
  gauge("build_info", "The version that runs.", ["version"], (set) => set({ version }, 1));
  gauge("findings_open", "Open findings.", ["case", "severity"], (set) => {
    const counts = new Map<string, { labels: Record<string, string>; n: number }>();
    for (const { case: name, severity } of ledger.findings("open")) {
      const known = counts.get(`${name} ${severity}`) ?? { labels: { case: name, severity }, n: 0 };
      counts.set(`${name} ${severity}`, { ...known, n: known.n + 1 });
    }
    for (const { labels, n } of counts.values()) set(labels, n);
  });
  gauge("view_age_seconds", "How old the view of a kind is.", ["kind"], (set) => {
    for (const [kind, age] of Object.entries(measured.watcher.views().ages))
      if (age !== null) set({ kind }, age / 1_000);
  });
  gauge("case_ready", "1 where all reads of a case are listed and fresh.", ["case"], (set) => {
    const { ready, refused } = measured.watcher.views();
    for (const id of ready) set({ case: id }, 1);
    for (const id of Object.keys(refused)) set({ case: id }, 0);
  });
  gauge("table_objects", "Objects that are held of a kind.", ["kind"], (set) => {
    for (const [kind, count] of Object.entries(measured.watcher.status().objects)) set({ kind }, count);
  });
  gauge(
    "case_candidate_ratio",
    "Candidates of a case, as a share of the objects of the kinds it reads: over 0.01 its `where` lets healthy objects through.",
    ["case"],
    (set) => {
      for (const [id, ratio] of Object.entries(measured.watcher.candidateRatios())) set({ case: id }, ratio);
    },
  );
  gauge("unanswered_seconds", "How long ago the oldest unanswered change of a case came.", ["case"], (set) => {
    for (const [id, age] of Object.entries(measured.watcher.status().unanswered)) set({ case: id }, age / 1_000);
  });
  gauge("dispatch_waiting", "Checks that wait to be run.", [], (set) => set({}, dispatcher.waiting));
  counter("checks_total", "Checks that were run.", () => dispatcher.counts.checks);
  counter("check_batches_total", "Batches they were run in.", () => dispatcher.counts.batches);
  counter(
    "check_retries_total",
    "Checks that are tried again after their run was broken off.",
    () => dispatcher.counts.retried,
  );
  counter("dead_letters_total", "Records that were set aside.", () => dispatcher.counts.deadLetters);
  const streams = (of: "lists" | "watches" | "events" | "errors") => () =>
    Object.values(measured.watcher.status().streams).reduce((sum, counts) => sum + counts[of], 0);
  counter("lists_total", "Lists of a kind that were begun.", streams("lists"));
  counter("watches_total", "Watches that were opened.", streams("watches"));
  counter("watch_events_total", "Events that came over watches.", streams("events"));
  counter("watch_errors_total", "Lists and watches that failed.", streams("errors"));
  gauge("brakes", "Brakes that are on.", [], (set) => set({}, healing.defender.brakes.length));
  gauge("defender_initialised", "1 once a person has answered for the journal.", [], (set) =>
    set({}, healing.defender.initialised ? 1 : 0),
  );
  labelled("remedies_total", "What came of remedies.", ["case", "operation", "outcome"], (say) => {
    for (const account of healing.healer.accounts.all())
      for (const [outcome, count] of outcomesOf(account))
        say({ case: account.case, operation: account.operation, outcome }, count);
  });
  return registry;
}

function outcomesOf({ denied, failed, ...account }: Account): (readonly [string, number])[] {
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const { granted, waiting, succeeded, expired, observed, escalated } = account;
  const counts = {
    granted,
    waiting,
    succeeded,
    expired,
    observed,
    escalated,
    denied: sum(denied),
    failed: sum(failed),
  };
  return Object.entries(counts).filter(([, count]) => count > 0);
}
