import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log } from "#broker/log/log.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { Budget, Config } from "../../../functions/defender/config.ts";
import { decide } from "../../../functions/defender/decide.ts";
import type { Input, InputRecord } from "../../../functions/defender/input.ts";
import { readInput } from "../../../functions/defender/records.ts";
import { keyOf, type Place, scopeKey } from "../../../functions/defender/scopes.ts";
import { emptyState, type State } from "../../../functions/defender/state.ts";
import type { Call } from "../../property/decision-history.ts";

type Ask = Extract<Call, { what: "ask" }>;
export interface InLog {
  readonly flaws: readonly string[];
  readonly decided: number;
  readonly granted: number;
  readonly brakes: number;
}

/** Counts grants by itself: every one that the log holds, by the kernel's clock, whatever the fold believes of time. */
class Windows {
  readonly #moments = new Map<string, number[]>();

  /** @returns a flaw for each limit that is passed with this grant */
  grant(place: Place, at: number, budgets: readonly Budget[], epsilon: number): string[] {
    const flaws: string[] = [];
    for (const { name, scope, operations, limits } of budgets) {
      const key = operations && !operations.includes(place.operation) ? undefined : scopeKey(scope, place);
      if (key === undefined) continue;
      const moments = this.#of(`${name} ${key}`);
      moments.push(at);
      for (const { most, per } of limits) {
        const first = moments[moments.length - 1 - (most as number)];
        if (first !== undefined && at - first <= per + epsilon)
          flaws.push(`${name}: more than ${most} grants in ${per} ms and ε in "${key}", the last at ${at}`);
      }
    }
    return flaws;
  }

  #of(key: string): number[] {
    const known = this.#moments.get(key);
    if (known) return known;
    const made: number[] = [];
    this.#moments.set(key, made);
    return made;
  }
}

/** Which brakes are on, by what the log says alone. */
class Brakes {
  readonly #on = new Map<string, { readonly offset: number; readonly input: Extract<Input, { kind: "brake" }> }>();
  count = 0;

  take(offset: number, input: Input): void {
    if (input.kind !== "brake" && input.kind !== "release") return;
    const key = `${input.in.scope} ${keyOf(input.in)}`;
    if (input.kind === "brake") {
      this.count += 1;
      this.#on.set(key, { offset, input });
    } else if (this.#on.get(key)?.offset === input.brake) this.#on.delete(key);
  }

  over(place: Place): number | undefined {
    for (const { offset, input } of this.#on.values())
      if (scopeKey(input.in.scope, place) === keyOf(input.in)) return offset;
    return undefined;
  }
}

/** Plays the log again and holds it against what was answered: each answer is what the log says, and the log keeps its promises. */
export async function checkLog(dir: string, calls: readonly Call[], caps: readonly Budget[]): Promise<InLog> {
  const log = await openFileLog({ dir, clock: Date, readOnly: true, warn: () => undefined });
  try {
    const { decisions, state: _, ...judged } = await replay(log, caps);
    const flaws = [...judged.flaws, ...(await untold(log, decisions)), ...otherwise(calls, decisions)];
    return { ...judged, flaws, decided: decisions.size };
  } finally {
    await log.close();
  }
}

/** The same of a log that several replicas write. `log` gives the times by which they folded, `trueTime` those that really were. */
export async function checkSharedLog(
  log: Log,
  trueTime: (offset: number) => number,
  calls: readonly Call[],
  caps: readonly Budget[],
): Promise<InLog & { readonly toldTwice: number; readonly untold: number }> {
  const { decisions, state, ...judged } = await replay(log, caps, trueTime);
  const told = new Map<number, number>();
  const flaws = [...judged.flaws, ...otherwise(calls, decisions)];
  for await (const records of log.read("decisions"))
    for (const { value } of records) {
      const { offset, outcome, grant } = JSON.parse(value!) as Decision;
      told.set(offset, (told.get(offset) ?? 0) + 1);
      const said = decisions.get(offset);
      if (said?.outcome !== outcome || said.fence !== grant?.fence)
        flaws.push(`told: ${offset} ${outcome}; in the log: ${said?.outcome}`);
    }
  // Whoever is still to tell it is known.
  const owed = new Set(
    [...state.writers.values()].flatMap(({ untold }) => [...untold].map((one) => one.decision.offset)),
  );
  const missing = [...decisions.keys()].filter((offset) => !told.has(offset));
  for (const offset of missing) if (!owed.has(offset)) flaws.push(`decision ${offset} was not told, and nobody is to`);
  const toldTwice = [...told.values()].filter((count) => count > 1).length;
  return { ...judged, flaws, decided: decisions.size, toldTwice, untold: missing.length };
}

interface Replayed {
  readonly state: State;
  readonly flaws: string[];
  readonly decisions: Map<number, Said>;
  readonly granted: number;
  readonly brakes: number;
}
interface Said {
  readonly id: string;
  readonly outcome: Decision["outcome"];
  readonly fence: number | undefined;
  /** Of a retry: where it was decided. */
  readonly offset: number;
}

async function replay(log: Log, caps: readonly Budget[], trueTime?: (offset: number) => number): Promise<Replayed> {
  const flaws: string[] = [];
  const decisions = new Map<number, Said>();
  const windows = new Windows();
  const brakes = new Brakes();
  let granted = 0;
  let state = emptyState(caps);
  let config: Config = state.config;
  const take = (record: InputRecord) => {
    const { input, offset, stamp } = record;
    const [next, { decision, ignored }] = decide(state, record);
    state = next;
    if (ignored) return;
    brakes.take(offset, input);
    if (input.kind === "config") config = input.config;
    if (!decision || decision.offset !== offset) return;
    const { id, outcome, grant } = decision;
    decisions.set(offset, { id, outcome, fence: grant?.fence, offset });
    if (!grant || input.kind !== "request") return;
    granted += 1;
    const brake = brakes.over(input.request);
    if (brake !== undefined) flaws.push(`offset ${offset} was granted under the brake ${brake}`);
    const { budgets, settings } = config;
    flaws.push(
      ...windows.grant(input.request, trueTime?.(offset) ?? stamp!.ticks, [...caps, ...budgets], settings.epsilon),
    );
  };
  for await (const records of log.read("defender"))
    for (const record of records) {
      const input = readInput(record);
      if (input) take(input);
    }
  if (!state.initialised) flaws.push("the journal has a hole");
  return { flaws, decisions, granted, brakes: brakes.count, state };
}

/** Each decision is told at most once and as it is; only the last ones may wait for the next start. */
async function untold(log: Log, decisions: ReadonlyMap<number, Said>): Promise<string[]> {
  const flaws: string[] = [];
  const inOrder = decisions.values();
  for await (const records of log.read("decisions"))
    for (const { value } of records) {
      const { offset, outcome, grant } = JSON.parse(value!) as Decision;
      const said = inOrder.next().value;
      if (said?.offset !== offset || said.outcome !== outcome || said.fence !== grant?.fence)
        flaws.push(`told: ${offset} ${outcome}; in the log: ${said?.offset} ${said?.outcome}`);
    }
  return flaws;
}

const otherwise = (calls: readonly Call[], decisions: ReadonlyMap<number, Said>): string[] =>
  calls
    .filter((call): call is Ask => call.what === "ask" && call.offset !== undefined)
    .flatMap(({ id, offset, outcome, fence }) => {
      const said = decisions.get(offset!);
      return said?.id === id && said.outcome === outcome && said.fence === fence
        ? []
        : [
            `${id} was answered ${outcome} ${fence ?? ""} at ${offset}; in the log: ${said?.outcome} ${said?.fence ?? ""}`,
          ];
    });
