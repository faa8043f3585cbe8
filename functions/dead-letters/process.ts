import { randomUUID } from "node:crypto";
import type { Process } from "#functions/process/process.ts";
import { settingsOf } from "#functions/process/settings.ts";
import { lettersRoutes } from "./api.ts";
import { letterMetrics } from "./metrics.ts";
import { Shelf } from "./shelf.ts";

const settings = settingsOf({});

/** What was set aside, over HTTP. Any number of replicas: each reads the same topic, and keeps nothing. */
export const process: Process<typeof settings> = {
  name: "dead-letters",
  says: "lists and shows what was set aside, has it evaluated now, has sinks told again; any number of replicas",
  settings,
  parts({ log, clock }) {
    const shelf = new Shelf(log);
    return {
      runnables: [{ name: "what was set aside", start: () => shelf.start(), stop: () => shelf.stop() }],
      metrics: (say) => letterMetrics(say, shelf),
      routes: (app) => lettersRoutes(app, { log, clock, nonce: randomUUID }),
    };
  },
};
