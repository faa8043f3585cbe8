import fc from "fast-check";
import type { ScopeOf } from "#sdk/operation/decision.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Budget, Config } from "../../functions/defender/config.ts";
import type { Input, InputRecord } from "../../functions/defender/input.ts";

/** Two clusters, few names, short windows: so that everything meets. */
export const CLUSTERS = ["a", "b"] as const;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
export const START = Date.UTC(2027, 0, 1);

export const CAPS: readonly Budget[] = [
  { name: "cap", scope: "cluster", limits: [{ most: 4, per: 30 * SECOND }], inFlight: 12 },
];

const settings = {
  epsilon: 6_000,
  notAfter: 5_000,
  staleLeases: { percent: 20, atLeast: 3 },
  dangerous: ["reboot"],
};
const trust: Config["trust"] = [
  { match: { pool: ["new"] }, level: "observe" },
  { match: { pool: ["shy"] }, level: "cordon" },
  { match: { cluster: ["a", "b"] }, level: "act" },
];

/** The budgets of these differ in all that a budget can say. */
export const CONFIGS: readonly Config[] = [
  {
    budgets: [
      {
        name: "target",
        scope: "target",
        limits: [
          { most: 1, per: MINUTE },
          { most: 3, per: 5 * MINUTE },
        ],
      },
      { name: "fleet", scope: "fleet", limits: [{ most: 5, per: MINUTE }] },
      { name: "drains", scope: "cluster", operations: ["drain", "reboot"], limits: [{ most: 3, per: MINUTE }] },
    ],
    trust,
    calendars: [],
    settings,
  },
  {
    budgets: [
      { name: "share", scope: "cluster", limits: [{ most: { percent: 15 }, per: 2 * MINUTE }] },
      { name: "open", scope: "pool", limits: [], inFlight: { percent: 34 } },
      { name: "latch", scope: "actor", limits: [{ most: 2, per: MINUTE }], whenSpent: "latch" },
      { name: "floor", scope: "cluster", limits: [], healthy: { atLeast: 70, coolDown: 90 * SECOND } },
      { name: "world", scope: "fleet", limits: [{ most: { percent: 25 }, per: MINUTE }] },
    ],
    trust,
    calendars: [
      {
        name: "freeze",
        kind: "freeze",
        match: { cluster: ["b"] },
        spans: [{ from: START + 5 * MINUTE, to: START + 7 * MINUTE }],
        until: START + 60 * MINUTE,
      },
    ],
    settings,
  },
  {
    budgets: [
      { name: "space", scope: "namespace", limits: [{ most: 2, per: 3 * MINUTE }], inFlight: 2 },
      { name: "zone", scope: "zone", limits: [{ most: 4, per: MINUTE }] },
      { name: "owner", scope: "owner", match: { owner: ["team-*"] }, limits: [{ most: 2, per: 30 * SECOND }] },
      { name: "sick", scope: "fleet", limits: [], healthy: { atLeast: 50, coolDown: MINUTE } },
    ],
    trust,
    calendars: [
      {
        name: "night",
        kind: "maintenance",
        operations: ["reboot"],
        spans: [{ from: START, to: START + 15 * MINUTE }],
        until: START + 20 * MINUTE,
      },
    ],
    settings: { ...settings, epsilon: 8_000, notAfter: 4_000 },
  },
];

export type Step =
  | {
      do: "ask";
      cluster: number;
      operation: string;
      target: number;
      pool: string | undefined;
      owner: string | undefined;
      actor: string;
      heard: boolean;
      age: number | null;
      stale: number;
      sent: number;
      due: number;
      id: "new" | "retry" | "other" | "old";
      back: number;
    }
  | { do: "wait"; ms: number; jump: number }
  /** Until a window of an earlier grant is just full, or just not any more. */
  | { do: "edge"; back: number; span: number; off: number }
  | { do: "heart"; cluster: number; age: number | null; stale: number }
  | { do: "sizes"; cluster: number; healthy: number; heals: boolean }
  | { do: "executor"; cluster: number; off: number }
  | { do: "brake"; in: ScopeOf }
  | { do: "release"; back: number; right: boolean }
  | { do: "reset"; actor: string }
  | { do: "end"; back: number }
  | { do: "config"; which: number }
  | { do: "approve"; back: number; ms: number }
  | { do: "restart"; boot: boolean; snapshot: boolean; ms: number }
  | { do: "hole" };

const cluster = fc.nat({ max: 1 });
/** Nearly always the first. */
const rarely = <T>(usual: T, weight: number, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const always = <T>(value: T) => fc.constant(value);
const ask = fc.record({
  do: always("ask" as const),
  cluster,
  operation: fc.constantFrom("cordon", "drain", "drain", "evict", "reboot"),
  target: fc.nat({ max: 5 }),
  pool: fc.constantFrom("gpu", "gpu", "gpu", "gpu", "cpu", "cpu", undefined, undefined, "new", "shy"),
  owner: fc.constantFrom("team-x", "team-y", "other", undefined),
  actor: fc.constantFrom("bot", "bot", "ana"),
  heard: rarely(true, 8, false),
  age: rarely(0, 12, 20_001, 30_001, null),
  stale: rarely(0, 12, 4, 5, 9),
  sent: rarely(0, 12, -6_000, 6_000, -6_001, 6_001, 8_001),
  due: rarely(0, 10, 10, 20_000, 299_999, 300_000, 300_001, -6_001, -9_000),
  id: fc.constantFrom("new", "new", "new", "new", "new", "retry", "retry", "other", "old") as fc.Arbitrary<"new">,
  back: fc.nat({ max: 6 }),
});
const scopes: ScopeOf[] = [
  { scope: "fleet", names: [] },
  { scope: "cluster", names: ["a"] },
  { scope: "pool", names: ["b", "gpu"] },
  { scope: "actor", names: ["bot"] },
];

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 30, arbitrary: ask },
    {
      weight: 9,
      arbitrary: fc.record({
        do: always("wait" as const),
        ms: fc.constantFrom(
          1,
          500,
          5_000,
          10_000,
          20_000,
          30_000,
          36_001,
          59_999,
          60_001,
          66_000,
          66_001,
          186_001,
          306_001,
        ),
        jump: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 800, 1_200, -3_000, 6_001, 90_000, -400_000, 31_536_000_000),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: always("edge" as const),
        back: fc.nat({ max: 3 }),
        span: fc.constantFrom(36_000, 38_000, 66_000, 66_000, 66_000, 68_000, 126_000, 188_000, 306_000),
        off: fc.constantFrom(-1, 0, 0, 1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: always("heart" as const),
        cluster,
        age: fc.constantFrom(0, 5_000, 25_000, 31_000, null),
        stale: fc.constantFrom(0, 2, 4, 9),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: always("sizes" as const),
        cluster,
        healthy: fc.integer({ min: 0, max: 20 }),
        heals: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: always("executor" as const),
        cluster,
        off: fc.constantFrom(0, 1_000, -1_001, 4_001),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: always("brake" as const), in: fc.constantFrom(...scopes) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: always("release" as const),
        back: fc.nat({ max: 1 }),
        right: fc.constantFrom(true, true, true, false),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: always("reset" as const), actor: fc.constantFrom("bot", "ana") }) },
    { weight: 8, arbitrary: fc.record({ do: always("end" as const), back: fc.nat({ max: 5 }) }) },
    { weight: 2, arbitrary: fc.record({ do: always("config" as const), which: fc.nat({ max: CONFIGS.length - 1 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: always("approve" as const), back: fc.nat({ max: 2 }), ms: always(5 * MINUTE) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: always("restart" as const),
        boot: fc.constantFrom(false, false, true),
        snapshot: fc.boolean(),
        ms: fc.constantFrom(10, 20_000, 66_001),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: always("hole" as const) }) },
  ),
  { minLength: 40, maxLength: 160, size: "max" },
);

/** A record, and whether the fold is stopped before it (and comes back from a snapshot, or from all records). */
export interface Played extends InputRecord {
  readonly restart?: "snapshot" | "replay";
}

/** What a journal would hold after these steps. `granted` is asked for what an answer was, as a client would know. */
export class World {
  readonly records: Played[] = [];
  #ticks = 1_000;
  #utc = START;
  #boot = 1;
  #count = 0;
  #restart: Played["restart"];
  readonly #asked: OperationRequest[] = [];
  readonly #brakes: { in: ScopeOf; offset: number }[] = [];

  constructor() {
    this.#push({ kind: "start", durable: true });
    this.#push({ kind: "init", by: "ana", reason: "new" });
    this.#push({ kind: "config", config: CONFIGS[0]!, by: "ana" });
    for (const name of [0, 1]) this.#sizes(name, 20);
  }

  #push(input: Input): number {
    // Gaps in offsets are usual.
    const offset = this.records.length * 2;
    const stamp = { boot: `boot${this.#boot}`, ticks: this.#ticks, utc: this.#utc, count: ++this.#count };
    const restart = this.#restart;
    this.#restart = undefined;
    this.records.push({ offset, time: this.#utc, stamp, input, ...(restart && { restart }) });
    return offset;
  }

  #pass(ms: number): void {
    this.#ticks += ms;
    this.#utc += ms;
  }

  #heart(index: number, age: number | null = 0, stale = 0): void {
    this.#push({
      kind: "heartbeat",
      cluster: CLUSTERS[index]!,
      ages: { "v1/Node": age, "v1/Pod": 0 },
      leases: { total: 20, stale },
    });
  }

  #executor(index: number, off = 0): void {
    this.#push({ kind: "executor", cluster: CLUSTERS[index]!, clock: this.#utc + off });
  }

  #sizes(index: number, healthy: number): void {
    const nodes = { kind: "Node", total: 20, healthy } as const;
    this.#push({
      kind: "sizes",
      cluster: CLUSTERS[index]!,
      scopes: [
        { scope: "cluster", name: "", ...nodes },
        { scope: "pool", name: "gpu", kind: "Node", total: 7, healthy: 7 },
        { scope: "pool", name: "shy", kind: "Node", total: 2, healthy: 2 },
      ],
    });
  }

  #ask(step: Extract<Step, { do: "ask" }>): void {
    const name = CLUSTERS[step.cluster]!;
    if (step.heard) {
      this.#heart(step.cluster, step.age, step.stale);
      this.#executor(step.cluster);
    }
    const earlier = this.#asked.at(-1 - (step.id === "old" ? step.back * 9 : step.back));
    const n = this.#asked.length;
    // Even targets are nodes, odd ones pods.
    const isNode = step.target % 2 === 0;
    const request: OperationRequest = {
      id: `r${n}`,
      matter: `m${step.target}`,
      operation: step.operation,
      target: isNode
        ? { kind: "Node", name: `t${step.target}`, uid: "u" }
        : { kind: "Pod", namespace: `ns${step.target % 4}`, name: `t${step.target}`, uid: "u" },
      cluster: name,
      ...(step.pool !== undefined && { pool: step.pool }),
      ...(step.owner !== undefined && { owner: step.owner }),
      actor: step.actor,
      depends: isNode ? ["v1/Node"] : ["v1/Pod"],
      due: this.#utc - step.due,
      sent: this.#utc + step.sent,
      reason: "because",
    };
    if (step.id === "new" || !earlier) {
      this.#asked.push(request);
      this.#push({ kind: "request", request });
    } else if (step.id === "other") this.#push({ kind: "request", request: { ...request, id: earlier.id } });
    else this.#push({ kind: "request", request: { ...earlier, sent: request.sent } });
  }

  /** `grants` are the fences given so far. */
  play(step: Step, grants: readonly number[]): void {
    this.#pass(10);
    switch (step.do) {
      case "ask":
        return this.#ask(step);
      case "wait":
        this.#pass(step.ms);
        this.#utc += step.jump;
        return void this.#push({ kind: "tick" });
      case "edge": {
        const grant = this.records.find(({ offset }) => offset === grants.at(-1 - step.back))?.stamp;
        const ms =
          grant && grant.boot === `boot${this.#boot}` ? grant.ticks + step.span + step.off - 10 - this.#ticks : 0;
        return ms > 0 ? this.#pass(ms) : undefined;
      }
      case "heart":
        return this.#heart(step.cluster, step.age, step.stale);
      case "sizes":
        this.#sizes(step.cluster, step.healthy);
        if (step.heals) this.#sizes(step.cluster, 20);
        return;
      case "executor":
        return this.#executor(step.cluster, step.off);
      case "brake": {
        const offset = this.#push({ kind: "brake", in: step.in, by: "ana", reason: "stop" });
        return void this.#brakes.push({ in: step.in, offset });
      }
      case "release": {
        const brake = this.#brakes.at(-1 - step.back);
        if (!brake) return;
        const named = step.right ? brake.offset : brake.offset - 2;
        return void this.#push({ kind: "release", in: brake.in, brake: named, by: "bo", reason: "go" });
      }
      case "reset": {
        const scope = { scope: "actor", names: [step.actor] } as const;
        return void this.#push({ kind: "reset", budget: "latch", in: scope, by: "bo", reason: "seen" });
      }
      case "end": {
        const fence = grants.at(-1 - step.back);
        return fence === undefined
          ? undefined
          : void this.#push({ kind: "outcome", fence, outcome: "succeeded", by: "x" });
      }
      case "config":
        return void this.#push({ kind: "config", config: CONFIGS[step.which]!, by: "ana" });
      case "approve": {
        const matter = this.#asked.at(-1 - step.back)?.matter ?? "m0";
        const until = this.#utc + step.ms;
        return void this.#push({ kind: "approve", matter, operation: "reboot", until, by: "bo", reason: "yes" });
      }
      case "restart":
        this.#pass(step.ms);
        if (step.boot) {
          this.#boot += 1;
          this.#ticks = 50_000;
        }
        this.#restart = step.snapshot ? "snapshot" : "replay";
        return void this.#push({ kind: "start", durable: true });
      case "hole":
        this.#count += 1;
        this.#push({ kind: "tick" });
        this.#pass(5_000);
        this.#ask({ ...SIMPLE });
        return void this.#push({ kind: "init", by: "ana", reason: "looked" });
    }
  }
}

const SIMPLE: Extract<Step, { do: "ask" }> = {
  do: "ask",
  cluster: 0,
  operation: "cordon",
  target: 0,
  pool: "gpu",
  owner: "team-x",
  actor: "bot",
  heard: true,
  age: 0,
  stale: 0,
  sent: 0,
  due: 0,
  id: "new",
  back: 0,
};
