import { collectDefaultMetrics, Registry } from "prom-client";
import { type Scraped, scraped } from "#sdk/serve/scraped.ts";
import type { OpenLog } from "./open-log.ts";

/** Says what a process measures beside what all do; called once. */
export type OwnMetrics = (say: Scraped) => void;

export interface ProcessMeasured {
  readonly version: string;
  readonly opened: Pick<OpenLog, "trouble" | "lag" | "waiting">;
  readonly own?: OwnMetrics | undefined;
}

/** What every process says of itself and of its log. */
export function processMetrics({ version, opened, own }: ProcessMeasured): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "roundsman_" });
  const said = scraped(registry);
  said.gauge("build_info", "The version that runs.", ["version"], (say) => say({ version }, 1));
  said.gauge("log_trouble", "1 while the log does not do what is asked of it.", [], (say) =>
    say({}, opened.trouble() ? 1 : 0),
  );
  said.gauge("log_waiting_bytes", "What was appended and is not durable yet; Kafka may be away.", [], (say) =>
    say({}, opened.waiting()),
  );
  said.gauge("log_lag_records", "Records that are there and were not handed out.", ["topic", "group"], (say) => {
    const sums = new Map<string, { topic: string; group: string; lag: number }>();
    for (const { topic, group = "", lag } of opened.lag()) {
      const sum = sums.get(`${topic} ${group}`) ?? { topic, group, lag: 0 };
      sums.set(`${topic} ${group}`, { ...sum, lag: sum.lag + lag });
    }
    for (const { lag, ...labels } of sums.values()) say(labels, lag);
  });
  own?.(said);
  return registry;
}
