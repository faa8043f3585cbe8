import type { Log } from "#broker/log/log.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import { type Config, DEFAULT_SETTINGS, HOUR } from "./config.ts";
import { Defender, type DefenderOptions } from "./defender.ts";

/** A machine whose clocks a test turns. */
export class Machine {
  boot = "one";
  ticks = 1_000;
  utc = Date.UTC(2027, 0, 1);

  pass(ms: number): void {
    this.ticks += ms;
    this.utc += ms;
  }

  get clocks(): Pick<DefenderOptions, "clock" | "ticks"> {
    const machine = this;
    return {
      clock: { now: () => machine.utc, monotonic: () => machine.ticks },
      ticks: {
        get boot() {
          return machine.boot;
        },
        now: () => machine.ticks,
      },
    };
  }
}

export const CONFIG: Config = {
  budgets: [{ name: "cluster-hour", scope: "cluster", limits: [{ most: 3, per: HOUR }], override: "the on-call SRE" }],
  trust: [{ level: "act" }],
  calendars: [],
  settings: DEFAULT_SETTINGS,
};
export const ANA = { by: "ana", reason: "a test" };

let asked = 0;
export const request = (machine: Machine, more: Partial<OperationRequest> = {}): OperationRequest => {
  asked += 1;
  return {
    id: `id-${asked}`,
    matter: `matter-${asked}`,
    operation: "drain",
    target: { kind: "Node", name: `node-${asked}`, uid: "uid" },
    cluster: "eu-1",
    pool: "gpu",
    actor: "remedy",
    depends: ["v1/Node"],
    due: machine.utc,
    sent: machine.utc,
    reason: "KernelDeadlock",
    ...more,
  };
};

/** The cluster is heard of, just now. */
export async function hear(defender: Defender, machine: Machine): Promise<void> {
  await defender.heartbeat({ cluster: "eu-1", ages: { "v1/Node": 100 }, leases: { total: 40, stale: 0 } });
  await defender.executorClock({ cluster: "eu-1", clock: machine.utc });
}

export const SILENT = { warn: () => undefined, error: () => undefined } as unknown as DefenderOptions["logger"];

export const defenderOn = (log: Log, machine: Machine, more: Partial<DefenderOptions> = {}): Defender =>
  new Defender({ log, logger: SILENT, durable: true, ...machine.clocks, ...more });

/** One that may grant. */
export async function started(log: Log, machine: Machine, more: Partial<DefenderOptions> = {}): Promise<Defender> {
  const defender = defenderOn(log, machine, more);
  await defender.start();
  await defender.init(ANA);
  await defender.configure(CONFIG, "ana");
  await hear(defender, machine);
  return defender;
}
