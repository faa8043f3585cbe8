import { randomUUID } from "node:crypto";
import type { Static } from "typebox";
import Type from "typebox";
import { askCases } from "#broker/dispatch/ask-cases.ts";
import { HostBook } from "#broker/dispatch/host-book.ts";
import { hostAccess, hostSettings } from "#functions/process/host-settings.ts";
import type { Base, Process } from "#functions/process/process.ts";
import type { CommonSettings } from "#functions/process/settings.ts";
import { settingsOf } from "#functions/process/settings.ts";
import { tokenFile } from "#functions/process/token-file.ts";
import type { Runnable } from "#sdk/runtime/lifecycle.ts";
import { textOf } from "#sdk/runtime/text-of.ts";
import { createAskRemedy } from "./ask-remedy.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Dues } from "./dues.ts";
import { HostRoutes } from "./host-routes.ts";
import { dispatcherMetrics } from "./metrics.ts";

const count = (fallback: number, maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, default: fallback, description });

const settings = settingsOf({
  ...hostSettings,
  flights: count(16, 10_000, "requests at once to one host, under a backlog; on Knative maxScale x target"),
  batch: count(50, 1_000, "checks in one request"),
  remedy: Type.Optional(
    Type.String({
      ...{ pattern: "^https?://", maxLength: 2048 },
      description: "URL of the remedy function: then what is due goes there, too",
    }),
  ),
  remedyToken: Type.Optional(
    Type.String({ minLength: 1, description: "a file with the token that it knows this one by; may be renewed" }),
  ),
  remedyCa: Type.Optional(
    Type.String({ minLength: 1, description: "PEM: the authority that an https:// remedy function is believed by" }),
  ),
  remedyFlights: count(32, 1_000, "remedies that are due asked for at once"),
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
    const remedies = await remediesOf(base);
    return {
      runnables: [
        ...remedies,
        { name: "the connections to hosts", start: () => undefined, stop: () => routes.close() },
        { name: "the hosts' cases", start: () => book.start(), stop: () => book.stop() },
        { name: "the dispatcher", start, stop: () => dispatcher.stop() },
      ],
      metrics: (say) => dispatcherMetrics(say, dispatcher),
    };
  },
};

/** ms: the function asks the defender for two seconds at most; one that starts from nothing needs some more. */
const REMEDY_TIMEOUT = 15_000;

/** Where a remedy function is named. */
async function remediesOf({
  log,
  clock,
  logger,
  fatal,
  settings: { remedy: url, remedyToken, remedyCa, remedyFlights: flights },
}: Base<Static<typeof settings> & CommonSettings>): Promise<Runnable[]> {
  if (url === undefined) return [];
  const remedy = createAskRemedy({
    ...{ url, timeout: REMEDY_TIMEOUT },
    token: remedyToken === undefined ? undefined : tokenFile(remedyToken, clock),
    ca: remedyCa === undefined ? undefined : await textOf(remedyCa),
  });
  const dues = new Dues({ log, clock, logger, flights, ask: remedy.ask });
  const start = () => {
    dues.start();
    dues.done.catch(fatal);
  };
  return [
    { name: "the connections to the remedy function", start: () => undefined, stop: () => remedy.close() },
    { name: "the remedies that are due", start, stop: () => dues.stop() },
  ];
}
