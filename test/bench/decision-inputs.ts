import type { OperationRequest } from "#sdk/operation/request.ts";
import { type Config, DAY, DEFAULT_SETTINGS, HOUR, MINUTE } from "../../functions/defender/config.ts";
import type { Defender } from "../../functions/defender/defender.ts";
import type { Input, InputRecord } from "../../functions/defender/input.ts";

export const WINDOWS = [
  { most: 2, per: MINUTE },
  { most: 5, per: 5 * MINUTE },
  { most: 10, per: HOUR },
  { most: 50, per: DAY },
];
export const CONFIG: Config = {
  budgets: [
    { name: "target", scope: "target", limits: WINDOWS },
    { name: "cluster", scope: "cluster", limits: [{ most: 5_000, per: HOUR }] },
    { name: "fleet", scope: "fleet", limits: [{ most: 9_000, per: HOUR }], inFlight: 9_000 },
  ],
  trust: [{ level: "act" }],
  calendars: [],
  settings: DEFAULT_SETTINGS,
};
export const HEARTBEAT = { cluster: "c", ages: { "v1/Node": 0 }, leases: { total: 9, stale: 0 } };
const heard = (utc: number): Input[] => [
  { kind: "heartbeat", ...HEARTBEAT },
  { kind: "executor", cluster: "c", clock: utc },
];
/** Says the same to a defender that runs, now. */
export async function hear(defender: Pick<Defender, "heartbeat" | "executorClock">): Promise<void> {
  await defender.heartbeat(HEARTBEAT);
  await defender.executorClock({ cluster: "c", clock: Date.now() });
}
export const ask = (n: number, utc: number): OperationRequest => ({
  id: `request-${n}`,
  matter: `matter-${n}`,
  operation: "drain",
  target: { kind: "Node", name: `node-${(n * 7_919) % 100_000}`, uid: "uid" },
  cluster: "c",
  pool: "gpu",
  owner: "team-x",
  actor: "remedy",
  depends: ["v1/Node"],
  due: utc,
  sent: utc,
  reason: "KernelDeadlock",
});
export const person = { by: "bench", reason: "bench" };
const first: Input[] = [
  { kind: "start", durable: true },
  { kind: "init", ...person },
  { kind: "config", config: CONFIG, by: "bench" },
];
const T0 = 1_800_000_000_000;
/** Inputs as a journal would hold them, 500 requests a second. */
export function* inputs(requests: number): Generator<InputRecord> {
  let [count, offset, ticks] = [0, 0, 1_000];
  const record = (input: Input): InputRecord => ({
    offset: offset++,
    time: T0 + ticks,
    stamp: { boot: "b", ticks, utc: T0 + ticks, count: ++count },
    input,
  });
  for (const input of first) yield record(input);
  for (let n = 0; n < requests; n++) {
    if (n % 5_000 === 0) for (const input of heard(T0 + ticks)) yield record(input);
    ticks += 2;
    yield record({ kind: "request", request: ask(n, T0 + ticks) });
  }
}
