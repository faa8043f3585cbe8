import { isDeepStrictEqual } from "node:util";
import { followConfig } from "#broker/config-view.ts";
import type { Subscription } from "#broker/log/log.ts";
import { EXPAND_EVERY } from "#functions/defender/calendars.ts";
import { configOf } from "#functions/defender/from-resources.ts";
import { Defender, defenderRoutes, followClusters, followRemedies } from "#functions/defender/index.ts";
import { defenderMetrics } from "#functions/defender/metrics.ts";
import type { Base, Process } from "#functions/process/process.ts";
import { settingsOf } from "#functions/process/settings.ts";
import { sayError } from "#sdk/errors.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import type { Runnable } from "#sdk/runtime/lifecycle.ts";
import { DANGEROUS } from "./operations.ts";

const settings = settingsOf({});

/** Replicas that all fold one log: any of them answers, and what clusters report is brought by one of them. */
export const process: Process<typeof settings> = {
  name: "defender",
  says: "grants or denies every operation; replicas fold one log, and whichever is asked answers",
  settings,
  parts(base) {
    const { log, clock, logger, fatal, tell, weakness } = base;
    const durable = async () => {
      const weak = await weakness("defender");
      if (weak !== undefined) tell(`nothing is granted on a log that may lose what it has confirmed: ${weak}`);
      return weak === undefined;
    };
    // A folder is one process' own.
    const shared = base.settings.data === undefined;
    const defender = new Defender({ log, clock, logger, durable, shared, lost: fatal });
    let hasStarted = false;
    return {
      runnables: [
        {
          name: "the defender",
          start: async () => {
            await defender.start();
            hasStarted = true;
            if (!defender.initialised) tell("nothing is granted before a person has said `roundsman defender init`");
          },
          stop: () => defender.stop(),
        },
        configured(base, defender),
        reported(base, defender),
      ],
      waitsFor: () => (hasStarted ? [] : ["its log"]),
      metrics: (say) => defenderMetrics(say, defender),
      routes: (app) => defenderRoutes(app, { defender, log, clock }),
    };
  },
};

/** Budgets, trust and calendars as topic `config` has them, calendars expanded anew now and then. */
function configured({ log, clock, logger }: Base, defender: Defender): Runnable {
  let resources: readonly Resource[] | undefined;
  let following: Subscription | undefined;
  let expanding: NodeJS.Timeout | undefined;
  const configure = async () => {
    if (!resources) return;
    const config = configOf(resources, clock.now(), DANGEROUS);
    if (!isDeepStrictEqual(config, defender.config)) await defender.configure(config, "configuration");
  };
  const quietly = () =>
    configure().catch((e) => logger.error({ err: sayError(e) }, "what is configured is not in force yet"));
  return {
    name: "the defender's configuration",
    start: async () => {
      following = await followConfig(log, async (set) => {
        resources = set.resources;
        await quietly();
      });
      expanding = setInterval(quietly, EXPAND_EVERY);
    },
    stop: async () => {
      clearInterval(expanding);
      await following?.close();
    },
  };
}

/** What clusters report, and how operations ended. */
function reported({ log, logger, fatal }: Base, defender: Defender): Runnable {
  const all: Subscription[] = [];
  const warn = (message: string) => logger.warn(message);
  return {
    name: "what clusters report",
    start: async () => {
      all.push(await followClusters(log, defender, warn, "defender"), followRemedies(log, defender, warn));
      for (const one of all) one.done.catch(fatal);
    },
    stop: async () => {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}
