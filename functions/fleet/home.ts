/** The home watcher's second task: what is configured, and the cases that hosts have, come to topic `config`. */
import { askCases } from "#broker/dispatch/ask-cases.ts";
import { HostBook } from "#broker/dispatch/host-book.ts";
import type { Log } from "#broker/log/log.ts";
import type { NamedCluster } from "#functions/process/cluster.ts";
import { type HostSettings, hostAccess } from "#functions/process/host-settings.ts";
import type { Work } from "#functions/process/leader.ts";
import type { Base } from "#functions/process/process.ts";
import { readConfigFiles } from "#functions/standalone/config-files.ts";
import { Configuration } from "#functions/standalone/configuration.ts";
import { fault, sayError } from "#sdk/errors.ts";

export interface HomeSettings extends HostSettings {
  readonly config?: string;
  readonly configFromCluster: boolean;
}

/** ms for a host to say its cases: one that rests must come up first. */
const ASKED = 30_000;
/** A header of a subscription may name a variable of the alert's: here nobody knows which are set there. */
const ANY_ENV = new Proxy({}, { get: () => "set elsewhere", has: () => true });

/**
 * Nothing is written before every host has said its cases: one that is missing would be a case that was removed. Rejects with
 * `config-invalid`, of files too.
 */
export async function homeOf(
  base: Base<HomeSettings>,
  cluster: NamedCluster,
  log: Log,
): Promise<Work & { waitsFor(): readonly string[] }> {
  const { settings, clock, random, logger, stdout, fatal } = base;
  const { hosts, hostEvery: every, config, configFromCluster: fromCluster } = settings;
  if (hosts.length === 0)
    throw fault("config-invalid", { where: "The settings", key: "--hosts", what: "is missing: cases come from hosts" });
  const access = await hostAccess(base);
  const configuration = new Configuration({
    ...{ fromCluster, clock, random, logger, stdout, env: ANY_ENV },
    cluster: { ...cluster, configs: [] },
    resources: config === undefined ? [] : await readConfigFiles(config),
  });
  let working = Promise.resolve();
  let isStarted = false;
  const book = new HostBook({
    ...{ urls: hosts, every, clock, logger },
    ask: (url) => askCases(url, { ...access, timeout: ASKED }),
    changed: () => {
      if (book.silent.length > 0) return;
      const manifests = [...book.cases().values()].map(({ manifest }) => manifest);
      working = working.then(async () => {
        if (isStarted) await configuration.use(manifests);
        else {
          await configuration.start(log, manifests);
          configuration.follow(async () => undefined);
          isStarted = true;
        }
      });
      working = working.catch((e) => {
        if (!isStarted) return fatal(e);
        logger.error({ err: sayError(e) }, "the hosts' cases do not go with the configuration: what was before stays");
      });
    },
  });
  return {
    start: () => book.start(),
    stop: async () => {
      book.stop();
      await working;
      await configuration.stop();
    },
    waitsFor: () => (isStarted ? [] : [`the cases of ${book.silent.join(", ") || "hosts to be written down"}`]),
  };
}
