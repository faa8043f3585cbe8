import fc from "fast-check";
import type { Log, LogRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Config } from "../../functions/defender/config.ts";
import type { Input } from "../../functions/defender/input.ts";
import { readInput } from "../../functions/defender/records.ts";
import { type Call, checkHistory, type Promised } from "./decision-history.ts";
import type * as SharedModule from "./defender-shared.subject.ts";

const SECOND = 1_000;
const CAPS = [{ name: "cap", scope: "fleet", limits: [{ most: 9, per: 120 * SECOND }] }] as const;
const CONFIG: Config = {
  budgets: [{ name: "cluster", scope: "cluster", limits: [{ most: 3, per: 30 * SECOND }] }],
  trust: [{ level: "act" }],
  calendars: [],
  settings: { epsilon: 6_000, notAfter: 5_000, staleLeases: { percent: 20, atLeast: 3 }, dangerous: [] },
};
const PROMISED: Promised[] = [
  { name: "cap", scope: "fleet", most: 9, span: 126 * SECOND },
  { name: "cluster", scope: "cluster", most: 3, span: 36 * SECOND },
];
const REPLICAS = 3;

export type Step =
  | { do: "ask"; at: number; asks: readonly { target: number; again: boolean }[] }
  | { do: "wait"; ms: number; ticks: readonly number[] }
  | { do: "kill" | "stop" | "double"; at: number }
  | { do: "skew"; ms: number }
  | { do: "stall"; at: number; ms: number; after: number }
  | { do: "brake" | "release"; at: number };

const at = fc.nat({ max: REPLICAS - 1 });
const constant = <T>(value: T) => fc.constant(value);
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        do: constant("ask" as const),
        at,
        asks: fc.array(fc.record({ target: fc.nat({ max: 5 }), again: fc.constantFrom(false, false, true) }), {
          minLength: 1,
          maxLength: 5,
        }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: constant("wait" as const),
        ms: fc.constantFrom(1_000, 10_000, 35_000, 36_001, 70_000, 126_001),
        ticks: fc.array(at, { maxLength: 2 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom("kill" as const, "stop" as const, "double" as const), at }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: constant("stall" as const),
        at,
        ms: fc.constantFrom(200, 1_500),
        after: fc.constantFrom(0, 34_900, 35_500),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: constant("skew" as const), ms: fc.constantFrom(0, 900, -900, 20_000, -20_000, 1e9) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("brake" as const, "release" as const), at }) },
  ),
  { minLength: 12, maxLength: 40, size: "max" },
);

type Journal = InstanceType<typeof SharedModule.SharedJournal>;
interface Replica {
  readonly journal: Journal;
  /** Nothing that it writes comes anywhere any more. */
  isDead: boolean;
}

/** Several journals on one log in memory, whose brokers' clock steps and which stores things twice; judged by what callers saw. */
export class SharedPlay {
  readonly #module: typeof SharedModule;
  readonly #log: Log;
  /** Time that passes whatever any clock says. */
  #real = 1_000;
  #skew = 0;
  readonly #skews = new Map<number, number>();
  readonly #replicas: Replica[] = [];
  readonly #calls: Call[] = [];
  readonly #asked: OperationRequest[] = [];
  #brake: number | undefined;
  /** When a record really came into the log. */
  readonly #came = new Map<number, number>();
  /** Appends are on their way until then. */
  #stall: Promise<void> | undefined;
  readonly counts = { granted: 0, denied: 0, refused: 0, killed: 0, doubled: 0, stalled: 0 };

  constructor(module: typeof SharedModule) {
    this.#module = module;
    this.#log = memoryLog({ clock: { now: () => this.#utc } });
  }

  get #utc(): number {
    return 1_800_000_000_000 + this.#real;
  }

  async run(history: readonly Step[]): Promise<void> {
    try {
      for (let n = 0; n < REPLICAS; n++) await this.#start(n);
      await this.#quietly(0, { kind: "init", by: "ana", reason: "new" });
      await this.#quietly(1, { kind: "config", config: CONFIG, by: "ana" });
      for (const step of history) {
        this.#real += 10;
        await this.#play(step);
      }
      await this.#judge();
    } finally {
      for (const one of this.#replicas) await this.#end(one);
    }
  }

  async #start(n: number): Promise<void> {
    const replica: Replica = {
      journal: new this.#module.SharedJournal({
        log: this.#seenBy(() => replica),
        clock: { monotonic: () => this.#real },
        caps: CAPS,
        snapshotEvery: 12,
        warn: () => undefined,
      }),
      isDead: false,
    };
    this.#replicas[n] = replica;
    await replica.journal.open();
    await replica.journal.write({ kind: "start", durable: true });
  }

  #seenBy(replica: () => Replica): Log {
    const log = this.#log;
    const see = (one: LogRecord): LogRecord => ({ ...one, time: one.time + (this.#skews.get(one.offset) ?? 0) });
    return {
      ...log,
      append: async (records) => {
        await this.#stall;
        if (replica().isDead) throw new Error("it is dead");
        const end = await log.end("defender");
        for (let n = 0; n < records.length; n++) {
          this.#skews.set(end + n, this.#skew);
          this.#came.set(end + n, this.#real);
        }
        return log.append(records);
      },
      // Whoever judges reads all inputs.
      trim: async (topic, before) => (topic === "defender" ? undefined : log.trim(topic, before)),
      subscribe: (options, handler) =>
        log.subscribe(options, (records, reading) =>
          handler(options.topic === "defender" ? records.map(see) : records, reading),
        ),
    };
  }

  async #end(one: Replica): Promise<void> {
    one.isDead = true;
    await one.journal.close();
  }

  #quietly(n: number, input: Input) {
    return within(this.#replicas[n]!.journal.write(input).catch(() => undefined));
  }

  async #play(step: Step): Promise<void> {
    switch (step.do) {
      case "wait":
        this.#real += step.ms;
        for (const n of step.ticks) await this.#quietly(n, { kind: "tick" });
        return;
      case "stall":
        return this.#delay(step);
      case "skew":
        this.#skew = step.ms;
        return;
      case "kill":
        this.counts.killed += 1;
        await this.#end(this.#replicas[step.at]!);
        return this.#start(step.at);
      case "stop":
        await this.#replicas[step.at]!.journal.close();
        return this.#start(step.at);
      case "double":
        return this.#double(step.at);
      case "brake":
      case "release":
        return this.#pull(step.do, step.at);
      case "ask":
        await Promise.all([
          this.#quietly(step.at, {
            kind: "heartbeat",
            cluster: "a",
            ages: { "v1/Node": 0 },
            leases: { total: 9, stale: 0 },
          }),
          this.#quietly(step.at, { kind: "executor", cluster: "a", clock: this.#utc }),
          ...step.asks.map((one) => this.#ask(step.at, one)),
        ]);
        if (step.asks.length > 2) await this.#replicas[step.at]!.journal.flush();
    }
  }

  /** A broker stands: what is sent meanwhile comes late. */
  async #delay({ at, ms, after }: Extract<Step, { do: "stall" }>): Promise<void> {
    let release!: () => void;
    this.#stall = new Promise((done) => {
      release = done;
    });
    const asked = this.#play({ do: "ask", at, asks: [{ target: 0, again: false }] });
    // It is on its way.
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
    this.#real += ms;
    this.#stall = undefined;
    release();
    await asked;
    this.counts.stalled += 1;
    if (after === 0) return;
    this.#real += after;
    await this.#play({ do: "ask", at: (at + 1) % REPLICAS, asks: [{ target: 1, again: false }] });
  }

  /** What was sent once more because its fate was unknown lies there twice, perhaps much later. */
  async #double(back: number): Promise<void> {
    const all = await recordsOf(this.#log, "defender");
    const { topic, key, headers, value } = all.at(-1 - 4 * back) ?? all[0]!;
    this.#skews.set(await this.#log.end("defender"), this.#skew);
    await this.#log.append([{ topic, key, headers, value }]);
    this.counts.doubled += 1;
  }

  async #pull(what: "brake" | "release", n: number): Promise<void> {
    const scope = { scope: "fleet", names: [] } as const;
    const said = { by: "ana", reason: "a test" };
    if (what === "brake") {
      this.#brake = (await this.#quietly(n, { kind: "brake", in: scope, ...said }))?.offset ?? this.#brake;
      return;
    }
    if (this.#brake === undefined) return;
    const written = await this.#quietly(n, { kind: "release", in: scope, brake: this.#brake, ...said });
    if (written && !written.answer.refused)
      this.#calls.push({ what: "brake", in: scope, offset: this.#brake, released: written.offset });
  }

  async #ask(n: number, { target, again }: { target: number; again: boolean }): Promise<void> {
    const earlier = again ? this.#asked.at(-1 - target) : undefined;
    const request: OperationRequest = earlier
      ? { ...earlier, sent: this.#utc }
      : {
          ...{ id: `r${this.#asked.length}`, matter: "m", operation: "drain", cluster: "a", actor: "bot" },
          target: { kind: "Node", name: `n${target}`, uid: "u" },
          ...{ depends: ["v1/Node"], due: this.#utc, sent: this.#utc, reason: "because" },
        };
    if (!earlier) this.#asked.push(request);
    const call = { what: "ask", id: request.id, content: String(request.due), place: request } as const;
    const invoked = this.#real;
    const at = this.#calls.push({ ...call, invoked }) - 1;
    const written = await this.#quietly(n, { kind: "request", request });
    this.counts[written ? "denied" : "refused"] += 1;
    if (!written) return;
    const { outcome, offset, grant } = written.answer.decision!;
    if (grant) this.counts.granted += 1;
    const returned = this.#real;
    this.#calls[at] = { ...call, invoked, returned, outcome, offset, ...(grant && { fence: grant.fence }) };
  }

  /** All replicas agree with who reads from the beginning; so does each answer; each decision is told once, or is somebody's to tell. */
  async #judge(): Promise<void> {
    for (const { journal } of this.#replicas) await journal.current();
    const { decide, emptyState, freeze } = this.#module;
    let state = emptyState(CAPS);
    const inLog = new Map<number, Decision>();
    for (const record of await recordsOf(this.#log, "defender")) {
      const input = readInput({ ...record, time: record.time + (this.#skews.get(record.offset) ?? 0) })!;
      const [next, { decision }] = decide(state, input);
      state = next;
      if (decision?.offset === record.offset) inLog.set(record.offset, decision);
    }
    if (!state.initialised) throw new Error("the journal has a hole");
    const wanted = freeze(state);
    for (const { journal } of this.#replicas)
      if (freeze(journal.state) !== wanted) throw new Error(`replicas differ:\n${freeze(journal.state)}\n${wanted}`);
    for (const call of this.#calls) {
      if (call.what !== "ask" || call.offset === undefined) continue;
      const { outcome, grant } = inLog.get(call.offset) ?? {};
      if (call.outcome !== outcome || call.fence !== grant?.fence)
        throw new Error(
          `${call.id} was answered ${call.outcome} ${call.fence}, the log says ${outcome} ${grant?.fence}`,
        );
    }
    const told = (await recordsOf(this.#log, "decisions")).map(({ value }) => (parseJson(value!) as Decision).offset);
    if (new Set(told).size < told.length) throw new Error("a decision was told twice");
    const owed = [...state.writers.values()].flatMap(({ untold }) => [...untold].map((one) => one.decision.offset));
    const known = new Set([...told, ...owed]);
    for (const offset of inLog.keys()) if (!known.has(offset)) throw new Error(`nobody tells decision ${offset}`);
    const flaws = [this.#calls, this.#granted(inLog)].flatMap((calls) => checkHistory(calls, PROMISED).flaws);
    if (flaws.length > 0) throw new Error(flaws.join("\n"));
  }

  /** Each grant as the log has it, at the moment that it really came there, whether anybody was told of it or not. */
  #granted(inLog: ReadonlyMap<number, Decision>): Call[] {
    return [...inLog.values()].flatMap((decision) => {
      const { grant, offset, id } = decision;
      const came = this.#came.get(offset)!;
      const call = { what: "ask", id: `${id} in the log`, content: "", place: decision, invoked: came } as const;
      return grant ? [{ ...call, returned: came, outcome: "granted" as const, offset, fence: grant.fence }] : [];
    });
  }
}

/** The world's clock stands while somebody waits: whoever is not answered soon never is. */
async function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, 5_000, new Error("no answer came"));
  });
  return Promise.race([answer, never]).finally(() => clearTimeout(timer));
}

async function recordsOf(log: Log, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic)) records.push(...batch);
  return records;
}
