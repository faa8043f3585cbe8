import { randomUUID } from "node:crypto";
import Type from "typebox";
import { askCases } from "#broker/dispatch/ask-cases.ts";
import { HostBook } from "#broker/dispatch/host-book.ts";
import { hostAccess, hostSettings } from "#functions/process/host-settings.ts";
import type { Process } from "#functions/process/process.ts";
import { settingsOf } from "#functions/process/settings.ts";
import { Dispatcher } from "./dispatcher.ts";
import { HostRoutes } from "./host-routes.ts";
import { dispatcherMetrics } from "./metrics.ts";

const count = (fallback: number, maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, default: fallback, description });

const settings = settingsOf({
  ...hostSettings,
  flights: count(16, 10_000, "requests at once to one host, under a backlog; on Knative maxScale x target"),
  batch: count(50, 1_000, "checks in one request"),
  hostTimeout: count(30_000, 600_000, "ms from sending a request to its whole answer; more than the host's deadline"),
});

/** Brings checks to case hosts over HTTP. Any number of replicas share the checks; they keep nothing. */
export const process: Process<typeof settings> = {
  name: "dispatcher",
  says: "brings checks to case hosts and their verdicts to the log; any number of replicas",
  settings,
  async parts(base) {
    const { log, clock, logger, fatal } = base;
    const { hosts, flights, batch, hostTimeout: timeout, hostEvery: every } = base.settings;
    const access = await hostAccess(base);
    const routes = new HostRoutes({ flights, timeout, ...access, now: () => clock.monotonic() });
    const book = new HostBook({
      ...{ urls: hosts, every, clock, logger },
      ask: (url) => askCases(url, { ...access, timeout }),
      changed: () => dispatcher.reroute(routes.of(book)),
    });
    const name = randomUUID();
    const dispatcher = new Dispatcher({
      ...{ log, routes: [], clock, logger, batch, name },
      group: "dispatcher",
      wanted: () => book.wanted(),
    });
    const start = () => {
      dispatcher.start();
      dispatcher.done.catch(fatal);
    };
    return {
      runnables: [
        { name: "the connections to hosts", start: () => undefined, stop: () => routes.close() },
        { name: "the hosts' cases", start: () => book.start(), stop: () => book.stop() },
        { name: "the dispatcher", start, stop: () => dispatcher.stop() },
      ],
      metrics: (say) => dispatcherMetrics(say, dispatcher),
    };
  },
};
