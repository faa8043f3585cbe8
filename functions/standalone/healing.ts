import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { createWriter } from "#broker/kube/index.ts";
import type { Log, Subscription } from "#broker/log/log.ts";
import { EXPAND_EVERY } from "#functions/defender/calendars.ts";
import { configOf } from "#functions/defender/from-resources.ts";
import { type Config, Defender, followClusters, followRemedies, sayDecision } from "#functions/defender/index.ts";
import { Executor } from "#functions/executor/executor.ts";
import { OPERATIONS } from "#functions/executor/operations/index.ts";
import { checkRemediers } from "#functions/healer/check-remediers.ts";
import { Healer } from "#functions/healer/healer.ts";
import { Remedy } from "#functions/remedy/remedy.ts";
import { sayError } from "#sdk/errors.ts";
import { DEFINITIONS } from "#sdk/resources/definitions.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Runnable } from "#sdk/runtime/lifecycle.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { WatchedCluster } from "./cluster.ts";
import { brakeNowAndThen } from "./practice-brake.ts";
import { tellRemedies } from "./remedy-lines.ts";

export interface HealingOptions {
  readonly cluster: WatchedCluster;
  /** There when the parts are started. */
  readonly log: () => Log;
  readonly resources: () => readonly Resource[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stdout: { write: (text: string) => void; readonly colour: boolean };
  readonly webhooks: { readonly allowed: readonly string[]; readonly secret: string | undefined };
  readonly tell: (message: string) => void;
  readonly fatal: (e: unknown) => void;
}

const INFO = OPERATIONS.map(({ name, params }) => ({ name, params }));
const NAMES: ReadonlySet<string> = new Set(INFO.map(({ name }) => name));
const DANGEROUS = OPERATIONS.filter(({ dangerous }) => dangerous).map(({ name }) => name);
const CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const ACTOR = "remedy";

/** What the defender goes by of these resources; operations that are dangerous by themselves need a person's yes. */
export const configWith = (resources: readonly Resource[], now: number): Config => configOf(resources, now, DANGEROUS);

/** @throws config-invalid where resources for remedies have a mistake: names the resource and its field */
export function checkHealing(resources: readonly Resource[], now: number): void {
  configWith(resources, now);
  checkRemediers(
    resources.filter((one) => one.kind === "Remedier"),
    INFO,
  );
}

/** The loop's other half: defender, remedy, healer, and the executor where something may be done. */
export class Healing {
  readonly #options: HealingOptions;
  readonly #subscriptions: Subscription[] = [];
  #defender!: Defender;
  #healer!: Healer;
  #remedy: Remedy | undefined;
  #executor: Executor | undefined;
  #expand: NodeJS.Timeout | undefined;
  #show: (() => Promise<void>) | undefined;

  constructor(options: HealingOptions) {
    this.#options = options;
  }

  get defender(): Defender {
    return this.#defender;
  }

  get healer(): Healer {
    return this.#healer;
  }

  /** In the order in which they start, before the watcher: what clusters report from then on is heard. */
  parts(): Runnable[] {
    return [
      { name: "the defender", start: () => this.#startDefender(), stop: () => this.#stopDefender() },
      { name: "the remedies", start: () => this.#startRemedy(), stop: () => this.#remedy?.stop() },
      { name: "the healer", start: () => this.#startHealer(), stop: () => this.#healer.stop() },
      { name: "the executor", start: () => this.#startExecutor(), stop: () => this.#executor?.stop() },
    ];
  }

  async #startDefender(): Promise<void> {
    const { log, clock, logger, cluster, stdout } = this.#options;
    const warn = (message: string) => logger.warn(message);
    this.#defender = new Defender({ log: log(), clock, logger, durable: true });
    await this.#defender.start();
    // A real cluster's windows are answered for by a person, once.
    if (cluster.isPractice && !this.#defender.initialised)
      await this.#defender.init({ by: "practice", reason: "nothing was ever done here" });
    await this.#configure();
    this.#expand = setInterval(() => {
      this.#configure().catch((e) => logger.error({ err: sayError(e) }, "calendars are not expanded anew"));
    }, EXPAND_EVERY);
    this.#subscriptions.push(
      await followClusters(log(), this.#defender, warn),
      followRemedies(log(), this.#defender, warn),
      tellRemedies(log(), stdout),
    );
    // One that was killed left its brake on.
    for (const { in: scope, offset, by } of this.#defender.brakes)
      if (cluster.isPractice && by === "practice")
        await this.#defender.release(scope, offset, { by, reason: "it was left on" });
    if (cluster.isPractice)
      this.#show = brakeNowAndThen({ defender: this.#defender, cluster: cluster.name, ...stdout });
  }

  /** What is configured has changed. */
  async changed(): Promise<void> {
    await this.#configure();
    if (!this.#executor) await this.#startExecutor();
  }

  async #stopDefender(): Promise<void> {
    clearInterval(this.#expand);
    await this.#show?.();
    for (const one of this.#subscriptions) await one.close();
    await this.#defender.stop();
  }

  async #configure(): Promise<void> {
    const { resources, clock } = this.#options;
    const config = configWith(resources(), clock.now());
    if (!isDeepStrictEqual(config, this.#defender.config)) await this.#defender.configure(config, "configuration");
  }

  #startRemedy(): void {
    const { log, clock, logger, fatal } = this.#options;
    this.#remedy = new Remedy({
      log: log(),
      ...{ clock, logger },
      actor: ACTOR,
      decide: (request) => this.#defender.decide(request),
      explain: async (request) => this.#defender.explain(request),
      say: sayDecision,
    });
    this.#remedy.start();
    this.#remedy.done.catch(fatal);
  }

  async #startHealer(): Promise<void> {
    const { log, clock, logger } = this.#options;
    this.#healer = new Healer({ log: log(), clock, logger, operations: NAMES });
    await this.#healer.start();
  }

  /** Only where somebody said `act`: what only observes needs no rights to write. */
  async #startExecutor(): Promise<void> {
    const { cluster, log, logger, clock, resources, webhooks, tell } = this.#options;
    if (!resources().some((one) => one.kind === "Remedier" && one.spec.strategy === "act")) return;
    const { client } = cluster;
    if (cluster.isPractice) {
      const writer = createWriter(client, "roundsman");
      for (const one of Object.values(DEFINITIONS)) await writer.create(CRD, one);
    }
    if (!this.#defender.initialised)
      tell(
        "nothing is granted before a person has said `roundsman defender init`: the defender's journal is new, and counts as full",
      );
    this.#executor = new Executor({
      cluster: cluster.name,
      client,
      log: log(),
      logger,
      clock,
      identity: randomUUID(),
      brake: async ({ grant }) => this.#defender.stopped(grant.fence),
      webhooks,
    });
    await this.#executor.start();
  }
}
