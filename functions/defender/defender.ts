import type { Log } from "#broker/log/log.ts";
import { createAjv, sayInvalid } from "#sdk/case/params.ts";
import { fault, sayError } from "#sdk/errors.ts";
import type { Decision, ScopeOf } from "#sdk/operation/decision.ts";
import type { ExecutorClock, Heartbeat, Sizes } from "#sdk/operation/reports.ts";
import { type OperationRequest, OperationRequestSchema } from "#sdk/operation/request.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import { createConfigCheck } from "./check-config.ts";
import { brakesOn } from "./checks/brake.ts";
import { type Budget, CAPS, type Config } from "./config.ts";
import { type DryRun, dryRun } from "./dry-run.ts";
import type { Input } from "./input.ts";
import { type DefenderJournal, Journal, SNAPSHOT_EVERY } from "./journal.ts";
import { peek } from "./judge.ts";
import { readInput } from "./records.ts";
import { sayScope } from "./scopes.ts";
import { SharedJournal } from "./shared-journal.ts";
import { everyStanding, type Standing, standing } from "./standing.ts";
import type { Brake, State } from "./state.ts";
import { kernelTicks, type Ticks } from "./ticks.ts";

export interface DefenderOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn" | "error">;
  /** Whether the log keeps what it has confirmed when the process is killed. Without that nothing is ever granted. */
  readonly durable: boolean | (() => Promise<boolean>);
  /** Default: the kernel's. */
  readonly ticks?: Ticks;
  /** Default: the program's. Only a test brings others. */
  readonly caps?: readonly Budget[];
  /** A snapshot after so many inputs. Default `SNAPSHOT_EVERY`. */
  readonly snapshotEvery?: number;
  /** Other replicas write the same log (Kafka's, or one in memory): time is the log's own then, and `ticks` are not used. */
  readonly shared?: boolean;
  /** It cannot go on, and rejects whatever is asked: its process should end, and be started again. */
  readonly lost?: (error: unknown) => void;
}

/** Who acts, as known by its token, and why. */
export interface Person {
  readonly by: string;
  readonly reason: string;
}

/** A person's yes. */
export interface Approval {
  readonly matter: string;
  readonly operation: string;
  /** Unix ms. */
  readonly until: number;
  readonly by: string;
}

/** While nothing else is written, time is, so that a reboot loses little of it. */
const TICK = 10_000;
const FLUSH = 200;
/** ms: who is about to act waits no longer. */
const CURRENT = 1_500;

/**
 * The one authority that grants or denies an operation: `decide` over a log. Everything that is asked or said becomes a
 * record first; the answer follows from the records alone. Whatever rejects is a denial.
 */
export class Defender {
  readonly #options: DefenderOptions;
  readonly #journal: DefenderJournal;
  readonly #caps: readonly Budget[];
  readonly #checkConfig: (config: unknown, where: string) => Config;
  readonly #isRequest = createAjv().compile(OperationRequestSchema);
  #timers: NodeJS.Timeout[] = [];

  constructor(options: DefenderOptions) {
    const { log, clock, logger, ticks = kernelTicks(), caps = CAPS, snapshotEvery = SNAPSHOT_EVERY } = options;
    this.#options = options;
    this.#caps = caps;
    this.#checkConfig = createConfigCheck(caps);
    const warn = (message: string) => logger.warn(message);
    const parts = { log, clock, caps, snapshotEvery, warn };
    this.#journal = options.shared
      ? new SharedJournal({ ...parts, ...(options.lost && { lost: options.lost }) })
      : new Journal({ ...parts, ticks });
  }

  /** Takes back what it knew, and says in the log that it goes on. */
  async start(): Promise<void> {
    await this.#journal.open();
    const { durable } = this.#options;
    await this.#journal.write({ kind: "start", durable: typeof durable === "boolean" ? durable : await durable() });
    const quietly = (work: () => Promise<unknown>) => () =>
      void work().catch((e) =>
        this.#options.logger.warn({ err: sayError(e) }, "the defender's journal is not written"),
      );
    const tick = async () => this.#journal.idle >= TICK && this.tick();
    this.#timers = [
      setInterval(quietly(tick), TICK),
      setInterval(
        quietly(() => this.#journal.flush()),
        FLUSH,
      ),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** What waits is answered; nothing is taken after it. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#journal.close();
  }

  /**
   * May this be done? `actor` must be who the caller is known to be. Rejects with `request-invalid` (400),
   * `defender-unavailable` or `defender-stopped` (503): all of them mean no.
   */
  async decide(request: OperationRequest): Promise<Decision> {
    this.#checkRequest(request);
    const { answer } = await this.#journal.write({ kind: "request", request });
    return answer.decision!;
  }

  /** What would be said to this request now. Spends and writes nothing. Rejects with `request-invalid`. */
  explain(request: OperationRequest): Decision {
    this.#checkRequest(request);
    return peek(this.#journal.state, request, this.#journal.elapsed);
  }

  #checkRequest(request: OperationRequest): void {
    if (this.#isRequest(request)) return;
    const error = this.#isRequest.errors![0]!;
    const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
    const { field, what } = sayInvalid(error, known);
    throw fault("request-invalid", { field: field || "it", what });
  }

  /** A person answers for the past of a journal that is new, was lost or has a hole. */
  init(person: Person): Promise<number> {
    return this.#act({ kind: "init", by: person.by, reason: person.reason });
  }

  /** Budgets, trust, calendars, settings: all of them, in place of those before. Rejects with `config-invalid`. */
  async configure(config: unknown, by: string, where = "The configuration"): Promise<number> {
    return this.#act({ kind: "config", config: this.#checkConfig(config, where), by });
  }

  /** Nothing is granted in the scope from here on. Resolves with the brake's number, which its release must name. */
  brake(scope: ScopeOf, person: Person): Promise<number> {
    return this.#act({ kind: "brake", in: scope, by: person.by, reason: person.reason });
  }

  /** Rejects with `act-refused` where another brake is on than the one that is named. */
  release(scope: ScopeOf, brake: number, person: Person): Promise<number> {
    return this.#act({ kind: "release", in: scope, brake, by: person.by, reason: person.reason });
  }

  /** Opens the latch of a budget in a scope. */
  reset(budget: string, scope: ScopeOf, person: Person): Promise<number> {
    return this.#act({ kind: "reset", budget, in: scope, by: person.by, reason: person.reason });
  }

  /** A person's yes to a dangerous operation, at most for a day. */
  approve(matter: string, operation: string, until: number, person: Person): Promise<number> {
    return this.#act({ kind: "approve", matter, operation, until, by: person.by, reason: person.reason });
  }

  /** How a granted operation ended. Rejects with `act-refused` where nothing is under way with that fence: it was told. */
  end(fence: number, outcome: "succeeded" | "failed" | "expired", by: string): Promise<number> {
    return this.#act({ kind: "outcome", fence, outcome, by });
  }

  heartbeat(heartbeat: Heartbeat): Promise<number> {
    return this.#act({ kind: "heartbeat", ...heartbeat });
  }

  sizes(sizes: Sizes): Promise<number> {
    return this.#act({ kind: "sizes", ...sizes });
  }

  executorClock(report: ExecutorClock): Promise<number> {
    return this.#act({ kind: "executor", ...report });
  }

  /** Lets time pass, and others know that this one lives. */
  tick(): Promise<number> {
    return this.#act({ kind: "tick" });
  }

  /** What it goes by, for whoever compares. Nobody else writes to it. */
  get state(): State {
    return this.#journal.state;
  }

  /** Every budget that would count this request, with what remains of it. Spends nothing. */
  standing(request: Parameters<typeof standing>[1]): Standing[] {
    return standing(this.#journal.state, request);
  }

  /** Resolves when every decision so far is in topic `decisions`, or cannot be written now. */
  async told(): Promise<void> {
    await this.#journal.flush().catch(() => undefined);
  }

  /** Every window of every scope that holds anything. */
  standings(): Standing[] {
    return everyStanding(this.#journal.state);
  }

  get config(): Config {
    return this.#journal.state.config;
  }

  get brakes(): Brake[] {
    return [...this.#journal.state.brakes.values()];
  }

  /** Those that hold now. */
  get approvals(): Approval[] {
    const { approvals, time } = this.#journal.state;
    return [...approvals].flatMap(([key, { until, ends, by }]) => {
      const [matter, operation] = key.split("\n") as [string, string];
      return time.utc < until && time.now < ends ? [{ matter, operation, until, by }] : [];
    });
  }

  /** All clusters that were ever heard of. */
  get clusters(): string[] {
    const { heartbeats, sizes, executors } = this.#journal.state;
    return [...new Set([...heartbeats.keys(), ...sizes.keys(), ...executors.keys()])].sort();
  }

  /**
   * Why what was granted may not go on now, or undefined: read by the executor before it begins, and before each step.
   * A grant that is not known to be under way may not either.
   */
  stopped(fence: number): string | undefined {
    const { open, brakes } = this.#journal.state;
    const granted = open.get(fence);
    if (!granted) return "the defender knows of no such grant under way";
    const on = brakesOn([...brakes.values()], granted.place)[0];
    return on && `the brake is on for ${sayScope(on.in)}, pulled by ${on.by}: ${on.reason}`;
  }

  /** `stopped`, by all that was said when it was asked: where that cannot be had in time, it may not go on. */
  async stoppedNow(fence: number): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(reject, CURRENT, new Error(`its log did not answer within ${CURRENT} ms`));
    });
    try {
      await Promise.race([this.#journal.current(), late]);
    } catch (e) {
      return `the defender does not know whether the brake is on: ${sayError(e)}`;
    } finally {
      clearTimeout(timer);
    }
    return this.stopped(fence);
  }

  /** False until a person said `init`. */
  get initialised(): boolean {
    return this.#journal.state.initialised;
  }

  /** What other budgets would have said to the requests since `from` (unix ms): the same inputs, played again. */
  async dryRun(config: unknown, from: number): Promise<DryRun> {
    const { log } = this.#options;
    const other = this.#checkConfig(config, "The configuration");
    async function* inputs() {
      for await (const records of log.read("defender"))
        for (const record of records) {
          const input = readInput(record);
          // Those who wrote the oldest ones are not known any more: all of them count.
          if (!input) continue;
          const { from: _, ...rest } = input;
          yield rest;
        }
    }
    return dryRun(inputs(), other, { from, caps: this.#caps, today: this.#journal.state });
  }

  async #act(input: Input): Promise<number> {
    const { offset, answer } = await this.#journal.write(input);
    if (answer.refused !== undefined) throw fault("act-refused", { what: answer.refused });
    return offset;
  }
}
