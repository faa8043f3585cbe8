import fc from "fast-check";
import type { Log } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Config } from "../../functions/defender/config.ts";
import { decide } from "../../functions/defender/decide.ts";
import type { Input } from "../../functions/defender/input.ts";
import type * as JournalModule from "../../functions/defender/journal.ts";
import { readInput } from "../../functions/defender/records.ts";
import { emptyState } from "../../functions/defender/state.ts";
import { type Call, checkHistory, type Promised } from "./decision-history.ts";
import type { World } from "./log.world.ts";

const SECOND = 1_000;
const CAPS = [{ name: "cap", scope: "fleet", limits: [{ most: 9, per: 120 * SECOND }] }] as const;
const CONFIG: Config = {
  budgets: [
    { name: "target", scope: "target", limits: [{ most: 1, per: 20 * SECOND }] },
    { name: "cluster", scope: "cluster", limits: [{ most: 3, per: 30 * SECOND }] },
  ],
  trust: [{ level: "act" }],
  calendars: [],
  settings: { epsilon: 6_000, notAfter: 5_000, staleLeases: { percent: 20, atLeast: 3 }, dangerous: [] },
};
const PROMISED: Promised[] = [
  { name: "cap", scope: "fleet", most: 9, span: 126 * SECOND },
  { name: "target", scope: "target", most: 1, span: 26 * SECOND },
  { name: "cluster", scope: "cluster", most: 3, span: 36 * SECOND },
];

export type Step =
  | { do: "ask"; asks: readonly { target: number; again: boolean }[]; crash?: { operations: number; seed: number } }
  | { do: "wait"; ms: number }
  | { do: "kill" | "stop" }
  | { do: "trouble"; errno: "ENOSPC" | "EIO"; times: number }
  | { do: "brake" | "release" };

const asks = fc.array(fc.record({ target: fc.nat({ max: 5 }), again: fc.constantFrom(false, false, true) }), {
  minLength: 1,
  maxLength: 6,
});
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant("ask" as const), asks }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("ask" as const),
        asks,
        crash: fc.record({ operations: fc.nat({ max: 24 }), seed: fc.nat() }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("wait" as const),
        ms: fc.constantFrom(1_000, 10_000, 26_001, 36_001, 126_001),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("kill" as const, "stop" as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("trouble" as const),
        errno: fc.constantFrom("ENOSPC" as const, "EIO" as const),
        times: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("brake" as const, "release" as const) }) },
  ),
  { minLength: 10, maxLength: 40, size: "max" },
);

type Journal = InstanceType<typeof JournalModule.Journal>;

/** Plays a history with a real journal on a disk that fails, and judges what callers saw. */
export class Play {
  readonly #world: World;
  readonly #Journal: typeof JournalModule.Journal;
  readonly #calls: Call[] = [];
  readonly #asked: OperationRequest[] = [];
  #log!: Log;
  #journal!: Journal;
  /** Time that passes whatever happens to the machine. */
  #real = 1_000;
  #boot = 1;
  #brake: { offset: number } | undefined;
  readonly counts = { granted: 0, denied: 0, refused: 0, lost: 0, crashes: 0 };

  constructor(world: World, journal: typeof JournalModule.Journal) {
    this.#world = world;
    this.#Journal = journal;
  }

  async run(history: readonly Step[]): Promise<void> {
    await this.#open();
    await this.#quietly({ kind: "init", by: "ana", reason: "new" });
    await this.#quietly({ kind: "config", config: CONFIG, by: "ana" });
    for (const step of history) await this.#play(step);
    this.#world.trouble!("EIO", [], 0);
    await this.#reopen("stop");
    await this.#judge();
    await this.#log.close();
  }

  async #open(): Promise<void> {
    this.#log = await this.#world.open();
    this.#journal = new this.#Journal({
      // Whoever judges reads all inputs.
      log: {
        ...this.#log,
        trim: async (topic, before) => (topic === "defender" ? undefined : this.#log.trim(topic, before)),
      },
      clock: { now: () => this.#utc },
      ticks: { boot: `boot${this.#boot}`, now: () => this.#real },
      caps: CAPS,
      snapshotEvery: 9,
      warn: () => undefined,
    });
    await this.#journal.open();
    await this.#quietly({ kind: "start", durable: true });
  }

  get #utc(): number {
    return 1_800_000_000_000 + this.#real;
  }

  #pass(ms: number): void {
    this.#real += ms;
    this.#world.now.value = this.#utc;
  }

  async #quietly(input: Input): Promise<void> {
    await this.#journal.write(input).catch(() => undefined);
  }

  async #reopen(how: "kill" | "stop"): Promise<void> {
    this.#world.trouble!("EIO", [], 0);
    if (how === "stop") {
      await this.#journal.close();
      await this.#log.close();
    } else this.#world.power!.restart();
    await this.#open();
  }

  async #play(step: Step): Promise<void> {
    this.#pass(10);
    switch (step.do) {
      case "wait":
        return this.#pass(step.ms);
      case "kill":
      case "stop":
        return this.#reopen(step.do);
      case "trouble":
        return this.#world.trouble!(step.errno, ["write", "sync"], step.times);
      case "brake":
      case "release":
        return this.#pull(step.do);
      case "ask": {
        const death = step.crash && this.#world.power!.failAfter(step.crash.operations);
        const answered = this.#ask(step.asks);
        if (!death) return answered;
        if (await Promise.race([death.then(() => true), answered.then(() => false)])) this.counts.crashes += 1;
        else await Promise.race([death, this.#fill()]);
        this.#world.power!.restore(step.crash!.seed);
        this.#boot += 1;
        this.#pass(3_000);
        return this.#open();
      }
    }
  }

  /** Writes until the power fails, so that the next `open` finds a disk that has lost it. */
  async #fill(): Promise<void> {
    // It may fail while old segments are tidied: then nothing of this hangs, and the next one must not be written to.
    for (const journal = this.#journal; journal === this.#journal; ) {
      await this.#quietly({ kind: "tick" });
      await new Promise(setImmediate);
    }
  }

  async #pull(what: "brake" | "release"): Promise<void> {
    const scope = { scope: "fleet", names: [] } as const;
    const said = { by: "ana", reason: "a test" };
    if (what === "brake") {
      const written = await this.#journal.write({ kind: "brake", in: scope, ...said }).catch(() => undefined);
      if (written) this.#brake = { offset: written.offset };
      return;
    }
    if (!this.#brake) return;
    const brake = this.#brake.offset;
    const written = await this.#journal.write({ kind: "release", in: scope, brake, ...said }).catch(() => undefined);
    if (written && !written.answer.refused)
      this.#calls.push({ what: "brake", in: scope, offset: brake, released: written.offset });
  }

  async #ask(all: readonly { target: number; again: boolean }[]): Promise<void> {
    const heard = [
      this.#quietly({ kind: "heartbeat", cluster: "a", ages: { "v1/Node": 0 }, leases: { total: 9, stale: 0 } }),
      this.#quietly({ kind: "executor", cluster: "a", clock: this.#utc }),
    ];
    await Promise.all([...heard, ...all.map((one) => this.#askOne(one))]);
  }

  async #askOne({ target, again }: { target: number; again: boolean }): Promise<void> {
    const earlier = again ? this.#asked.at(-1 - target) : undefined;
    const request: OperationRequest = earlier
      ? { ...earlier, sent: this.#utc }
      : {
          id: `r${this.#asked.length}`,
          matter: "m",
          operation: "drain",
          target: { kind: "Node", name: `n${target}`, uid: "u" },
          cluster: "a",
          actor: "bot",
          depends: ["v1/Node"],
          due: this.#utc,
          sent: this.#utc,
          reason: "because",
        };
    if (!earlier) this.#asked.push(request);
    const invoked = this.#real;
    const call = { what: "ask", id: request.id, content: String(request.due), place: request, invoked } as const;
    const at = this.#calls.push(call) - 1;
    const written = await this.#journal.write({ kind: "request", request }).catch(() => undefined);
    this.counts[written ? "denied" : "refused"] += 1;
    if (!written) return;
    const { outcome, offset, grant } = written.answer.decision!;
    if (grant) this.counts.granted += 1;
    this.#calls[at] = { ...call, returned: this.#real, outcome, offset, ...(grant && { fence: grant.fence }) };
  }

  /** Whoever was answered was answered what the log says; the log keeps its promises; each decision is told once. */
  async #judge(): Promise<void> {
    let state = emptyState(CAPS);
    const inLog = new Map<number, Decision>();
    for await (const records of this.#log.read("defender"))
      for (const record of records) {
        const input = readInput(record);
        if (!input) continue;
        const [next, { decision }] = decide(state, input);
        state = next;
        if (decision?.offset === record.offset) inLog.set(record.offset, decision);
      }
    if (!state.initialised) throw new Error("the journal has a hole");
    const told: Decision[] = [];
    for await (const records of this.#log.read("decisions"))
      told.push(...records.map(({ value }) => parseJson(value!) as Decision));
    same(told, [...inLog.values()], "what was told of decisions and what the log says differ");
    for (const call of this.#calls) {
      if (call.what !== "ask" || call.offset === undefined) continue;
      const { outcome, grant } = inLog.get(call.offset) ?? {};
      same([call.outcome, call.fence], [outcome, grant?.fence], `${call.id} was answered otherwise than the log says`);
    }
    const { flaws } = checkHistory(this.#calls, PROMISED);
    if (flaws.length > 0) throw new Error(flaws.join("\n"));
  }
}

function same(given: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(given), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}:\n${a.slice(0, 2000)}\n${b.slice(0, 2000)}`);
}
