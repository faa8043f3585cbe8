import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { instancesOf, readConfig } from "#broker/config-view.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { splitLog } from "#broker/log/split.ts";
import { Alert } from "#functions/alert/alert.ts";
import { sinkOf } from "#functions/alert/sinks/sink-of.ts";
import { lettersRoutes } from "#functions/dead-letters/api.ts";
import { Shelf } from "#functions/dead-letters/shelf.ts";
import { defenderRoutes } from "#functions/defender/index.ts";
import { Dispatcher } from "#functions/dispatcher/dispatcher.ts";
import { remediesRoutes } from "#functions/healer/api.ts";
import { Ledger } from "#functions/ledger/ledger.ts";
import { Watcher } from "#functions/watcher/watcher.ts";
import { fault, sayError } from "#sdk/errors.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { Lifecycle, type Runnable } from "#sdk/runtime/lifecycle.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { Env } from "#sdk/runtime/settings.ts";
import type { Callers } from "#sdk/serve/callers.ts";
import type { CaseModule } from "#sdk/serve/messages.ts";
import { CasePool } from "#sdk/serve/pool.ts";
import type { ServedTls } from "#sdk/serve/tls.ts";
import { uniqueCases } from "#sdk/serve/unique-cases.ts";
import { createApi } from "./api.ts";
import { BUILT_IN_RESOURCES } from "./built-in-resources.ts";
import type { WatchedCluster } from "./cluster.ts";
import { Configuration } from "./configuration.ts";
import { Healing } from "./healing.ts";
import { createMetrics } from "./metrics.ts";
import { isLocal } from "./scope.ts";
import { scopedPool } from "./scoped-pool.ts";
import type { Settings } from "./settings.ts";

export interface StandaloneOptions {
  readonly settings: Settings;
  readonly cluster: WatchedCluster;
  /** Of this cluster alone. */
  readonly dir: string;
  /** Where records are kept, but for checks. Default: a file log in `dir`. */
  readonly openLog?: () => Promise<Log>;
  readonly modules: readonly CaseModule[];
  /** The bundled worker. */
  readonly worker: URL;
  readonly resources: readonly Resource[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly env: Env;
  readonly stdout: { write: (text: string) => void; readonly colour: boolean };
  /** For a person, apart from findings: what cannot be used, and goes on without. */
  readonly tell: (message: string) => void;
  readonly version: string;
  /** Who may call the API; without them whoever reaches its loopback port. */
  readonly callers: Callers | undefined;
  /** With it https:// is spoken. */
  readonly tls?: ServedTls | undefined;
  /** It cannot go on. */
  readonly fatal: (e: unknown) => void;
}

/** Everything in one process on one file log: watcher, dispatcher, ledger, alert, and the API. */
export class Standalone {
  readonly #options: StandaloneOptions;
  readonly #runnables: Runnable[] = [];
  readonly #lifecycle: Lifecycle;
  readonly #configuration: Configuration;
  #app: FastifyInstance | undefined;
  #log: Log | undefined;

  constructor(options: StandaloneOptions) {
    this.#options = options;
    const { cluster, settings } = options;
    this.#configuration = new Configuration({ ...options, fromCluster: settings.configFromCluster ?? cluster.isHome });
    this.#lifecycle = new Lifecycle(this.#runnables, { grace: options.settings.grace, warn: options.tell });
    this.#assemble();
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  /** Where the API listens, once it does. */
  get url(): string | undefined {
    const address = this.#app?.server.address();
    if (typeof address !== "object" || address === null) return undefined;
    const { address: host } = this.#options.settings;
    return `${this.#options.tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
  }

  get log(): Log | undefined {
    return this.#log;
  }

  /** What starts in this order, and stops in the other. */
  #assemble(): void {
    const { settings, cluster, dir, clock, random, logger, env, stdout, tell, fatal } = this.#options;
    const own = { clock, random, logger };
    const scope = {
      ...(settings.namespaces && { namespace: settings.namespaces }),
      ...(settings.excludeNamespaces && { excludeNamespace: settings.excludeNamespaces }),
    };
    let log!: Log;
    let ledger!: Ledger;
    let dispatcher!: Dispatcher;
    let watcher!: Watcher;
    let alert!: Alert;
    let shelf!: Shelf;
    let instances: readonly Instance[] = [];
    let isSynced = false;
    const add = (name: string, start: Runnable["start"], stop: Runnable["stop"]) =>
      this.#runnables.push({ name, start, stop });

    add(
      "the cluster's client",
      () => undefined,
      () => cluster.close(),
    );
    add(
      "the log",
      async () => {
        const { openLog = () => openFileLog({ dir, clock, warn: (warning) => logger.warn(warning) }) } = this.#options;
        const kept = await openLog();
        // Checks are made again after a start; everything else must outlive the process.
        log = splitLog({ default: kept, topics: { checks: memoryLog({ clock, untilRead: ["checks"] }) } });
        this.#log = log;
      },
      () => log.close(),
    );
    add(
      "what was set aside",
      async () => {
        shelf = new Shelf(log);
        await shelf.start();
      },
      () => shelf.stop(),
    );
    const pool = new CasePool({
      entry: this.#options.worker,
      modules: this.#options.modules,
      deadline: settings.checkDeadline,
      heap: 256,
      size: settings.threads,
      warn: tell,
    });
    let manifests: Awaited<ReturnType<CasePool["start"]>>["cases"][number]["manifest"][] = [];
    add(
      "the case threads",
      async () => {
        const { cases, broken } = await pool.start();
        for (const { message } of broken) tell(message);
        manifests = uniqueCases(cases, tell);
      },
      () => pool.stop(),
    );
    add(
      "the configuration",
      () => this.#configuration.start(log, manifests),
      () => undefined,
    );
    add(
      "the ledger",
      async () => {
        ledger = new Ledger({ log, ...own });
        await ledger.start();
        ledger.done.catch(fatal);
      },
      () => ledger.stop(),
    );
    add(
      "the alerts",
      async () => {
        alert = new Alert({ log, ...own, sinkOf: (subscription) => sinkOf(subscription, { env, stdout }) });
        await alert.start();
      },
      () => alert.stop(),
    );
    add(
      "the dispatcher",
      () => {
        const route = { cases: ["*/*"], target: scopedPool(pool, scope), flights: settings.threads + 1 };
        dispatcher = new Dispatcher({ log, routes: [route], ...own });
        dispatcher.start();
        dispatcher.done.catch(fatal);
      },
      () => dispatcher.stop(),
    );
    const healing = new Healing({
      cluster,
      log: () => log,
      resources: () => this.#configuration.resources,
      clock,
      logger,
      stdout,
      webhooks: { allowed: settings.webhookHosts ?? [], secret: settings.webhookSecret },
      tell,
      fatal,
    });
    this.#runnables.push(...healing.parts());
    const watch = async (all: readonly Instance[]) => {
      const { namespaces } = settings;
      // Only what does not need what is not read; of one's own kinds nobody knows.
      const local = namespaces ? all.filter((one) => isLocal(one, BUILT_IN_RESOURCES)) : all;
      const left = all.filter((one) => !local.includes(one)).map(({ id }) => id);
      if (left.length > 0) tell(`only the namespace ${namespaces?.join(", ")} is read: ${left.join(", ")} cannot run`);
      watcher = new Watcher({
        cluster: cluster.name,
        client: cluster.client,
        log,
        instances: local,
        ...own,
        claimant: randomUUID(),
        ...(namespaces && { namespaces }),
        isPending: (key, id) => dispatcher.has(key, id),
        lost: () => fatal(fault("cluster-lost", { cluster: cluster.name })),
      });
      await watcher.start();
      instances = all;
      void watcher.synced.then(() => {
        isSynced = true;
      });
    };
    add(
      "the watcher",
      async () => watch(await this.#instances(log)),
      () => watcher.stop(),
    );
    add(
      "the API",
      async () => {
        this.#app = createApi({
          version: this.#options.version,
          cluster: cluster.name,
          findings: ledger,
          manifests,
          instances: () => instances,
          metrics: createMetrics({
            ...{ ledger, dispatcher, alert, shelf, healing, version: this.#options.version },
            cluster: cluster.name,
            watcher: () => watcher,
          }),
          waitsFor: () => (isSynced ? [] : ["the first list of every kind"]),
          failed: (e, path) => logger.error({ err: sayError(e), path }, "a request failed"),
          address: settings.address,
          callers: this.#options.callers,
          tls: this.#options.tls,
        });
        defenderRoutes(this.#app, { defender: healing.defender, log, clock });
        lettersRoutes(this.#app, { log, clock, nonce: randomUUID });
        remediesRoutes(this.#app, { log, clock, healer: healing.healer });
        try {
          await this.#app.listen({ host: settings.address, port: settings.port });
        } catch (e) {
          const { code } = e as NodeJS.ErrnoException;
          if (code === "EADDRINUSE") throw fault("port-taken", { address: settings.address, port: settings.port }, e);
          throw e;
        }
      },
      () => this.#app?.close(),
    );
    add(
      "the cluster's configuration",
      () =>
        this.#configuration.follow(async () => {
          await healing.changed();
          const wanted = await this.#instances(log);
          if (JSON.stringify(wanted) === JSON.stringify(instances)) return;
          // Tables are made for what reads them: another watcher takes the cluster, and lists it.
          await watcher.stop();
          await watch(wanted);
        }),
      () => this.#configuration.stop(),
    );
  }

  async #instances(log: Log) {
    const set = await readConfig(log);
    return [...(set ? (instancesOf(set)(this.#options.cluster.name)?.values() ?? []) : [])];
  }
}
