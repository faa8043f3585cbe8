import { randomUUID } from "node:crypto";
import { createLease, createWriter, type Lease } from "#broker/kube/index.ts";
import type { Log } from "#broker/log/log.ts";
import { fault, sayError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Runnable } from "#sdk/runtime/lifecycle.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { NamedCluster } from "./cluster.ts";
import { fencedLog } from "./fenced.ts";
import type { Base } from "./process.ts";
import type { CommonSettings, LeaseSettings } from "./settings.ts";

/** What one replica alone does. */
export type Work = Pick<Runnable, "start" | "stop">;

export interface LeaderOptions {
  /** Without one this is the only replica, and leads. */
  readonly lease: Lease | undefined;
  /** ms */
  readonly duration: number;
  readonly clock: Pick<Clock, "monotonic">;
  readonly logger: Logger;
  /** Called once, when it is this one's turn. */
  readonly lead: () => Work;
  /** Its work failed. */
  readonly fatal: (e: unknown) => void;
  /** It may be another's turn by now: nothing may be written any more, and so the process must end. */
  readonly lost: () => void;
}

/** Does its work from the moment it holds the Lease. Who could not renew it for two thirds of its duration ends. */
export class Leader implements Runnable {
  readonly name = "the leader's work";
  readonly #options: LeaderOptions;
  #work: Work | undefined;
  #begun: Promise<void> | undefined;
  /** By the monotonic clock: when the renewal that succeeded last was asked for. */
  #held = Number.NEGATIVE_INFINITY;
  #renewing: NodeJS.Timeout | undefined;
  #watching: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** It is this one's turn, and nobody else's: asked right before whatever only one may do. */
  get leads(): boolean {
    const { lease, duration, clock } = this.#options;
    return lease === undefined || clock.monotonic() - this.#held < (duration * 2) / 3;
  }

  async start(): Promise<void> {
    const { lease, duration } = this.#options;
    if (!lease) return this.#lead();
    this.#watching = setInterval(() => this.#watch(), Math.min(500, duration / 10));
    this.#turn(lease);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#renewing);
    // A start that failed was told already.
    await this.#begun?.catch(() => undefined);
    await this.#work?.stop();
    clearInterval(this.#watching);
    const { lease, logger } = this.#options;
    if (!lease || this.#held === Number.NEGATIVE_INFINITY) return;
    await lease.release().catch((e) => logger.warn({ err: sayError(e) }, "the lease is not released, and runs out"));
  }

  #turn(lease: Lease): void {
    const { duration, clock, logger, fatal } = this.#options;
    const asked = clock.monotonic();
    let pause = duration / 3;
    lease
      .hold()
      .then(
        (isHeld) => {
          if (this.#isStopped) return;
          if (isHeld) this.#held = asked;
          else if (this.#work) return this.#lose();
          if (isHeld && !this.#work) this.#lead().catch(fatal);
        },
        (e) => {
          logger.warn({ err: sayError(e) }, "the lease cannot be read or renewed; trying again");
          pause = duration / 15;
        },
      )
      .finally(() => {
        if (this.#isStopped) return;
        this.#renewing = setTimeout(() => this.#turn(lease), pause);
      });
  }

  #lead(): Promise<void> {
    this.#work = this.#options.lead();
    this.#begun = Promise.resolve(this.#work.start());
    return this.#begun;
  }

  #watch(): void {
    if (this.#work && !this.leads) this.#lose();
  }

  #lose(): void {
    clearInterval(this.#watching);
    this.#isStopped = true;
    this.#options.lost();
  }
}

/**
 * The leader of a process' replicas, by the Lease that its settings name in `cluster`. Its work gets the log, which takes nothing
 * from it once it may be another's turn. @throws config-invalid
 */
export function leaderOf(
  base: Base<CommonSettings & LeaseSettings>,
  work: (log: Log) => Work,
  cluster: () => NamedCluster = () => base.cluster(),
): Leader {
  const { settings, clock, logger, fatal, end } = base;
  const { lease: name, leaseDuration: duration } = settings;
  const lost = () => end(fault("lease-lost", { lease: name! }));
  const lead = () => work(fencedLog(base.log, { leads: () => leader.leads, lease: name ?? "" }));
  const leader = new Leader({ duration, clock, logger, lead, fatal, lost, lease: leaseOf(base, cluster) });
  return leader;
}

function leaseOf(base: Base<CommonSettings & LeaseSettings>, cluster: () => NamedCluster): Lease | undefined {
  const { lease: name, leaseDuration: duration } = base.settings;
  if (name === undefined) return undefined;
  const [namespace, lease, ...more] = name.split("/");
  if (!namespace || !lease || more.length > 0)
    throw fault("config-invalid", {
      where: "The settings",
      key: "--lease",
      what: `is "${name}"; write NAMESPACE/NAME`,
    });
  const { client } = cluster();
  const writer = createWriter(client, "roundsman");
  const { clock } = base;
  return createLease({ ...{ client, writer, namespace, name: lease, duration, clock }, holder: holderOf(base.env) });
}

/** In a pod its name tells people which one it is. */
const holderOf = ({ HOSTNAME }: Base["env"]) => `${HOSTNAME ?? "roundsman"}_${randomUUID()}`;
