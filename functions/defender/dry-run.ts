import type { Decision } from "#sdk/operation/decision.ts";
import { type Budget, CAPS, type Config } from "./config.ts";
import { decide } from "./decide.ts";
import { reconfigure } from "./history.ts";
import type { InputRecord } from "./input.ts";
import { emptyState, type State } from "./state.ts";

export interface DryRun {
  /** How many requests were decided since then, and how many were granted. */
  readonly requests: number;
  readonly granted: number;
  /** Were granted, and would not have been: with the reasons. */
  readonly denied: readonly Decision[];
  /** Were not, and would have been. */
  readonly allowed: readonly Decision[];
}

/**
 * Where the oldest inputs are gone: what was said in them and does not pass by itself is taken as it is today. All that a
 * window may hold is in those that are left.
 */
function begunAs(today: State, { stamp, offset }: InputRecord, config: Config): State {
  const { version, durable, initialised, brakes, sizes } = today;
  const state: State = {
    ...emptyState(today.caps),
    ...{ version, durable, initialised, count: (stamp?.count ?? 1) - 1 },
    brakes: new Map([...brakes].filter(([, brake]) => brake.offset < offset)),
    sizes: new Map([...sizes].map(([cluster, each]) => [cluster, new Map(each)])),
  };
  reconfigure(state, config);
  return state;
}

/**
 * What another configuration would have said: the same inputs through two folds, one of them with it in place of every
 * configuration they hold. What would not have been granted would not have spent a token either.
 */
export async function dryRun(
  records: AsyncIterable<InputRecord> | Iterable<InputRecord>,
  config: Config,
  { from, caps = CAPS, today }: { from: number; caps?: readonly Budget[]; today?: State },
): Promise<DryRun> {
  let was = emptyState(caps);
  let would = emptyState(caps);
  let isFirst = true;
  let [requests, granted] = [0, 0];
  const denied: Decision[] = [];
  const allowed: Decision[] = [];
  for await (const record of records) {
    const { input } = record;
    if (isFirst && today && record.stamp && record.stamp.count > 1) {
      was = begunAs(today, record, today.config);
      would = begunAs(today, record, config);
    }
    isFirst = false;
    const [a, before] = decide(was, record);
    const [b, after] = decide(would, input.kind === "config" ? { ...record, input: { ...input, config } } : record);
    [was, would] = [a, b];
    // A retry is no request of its own.
    if (!before.decision || !after.decision || before.decision.offset !== record.offset || was.time.utc < from)
      continue;
    requests += 1;
    if (before.decision.grant) granted += 1;
    if (before.decision.grant && !after.decision.grant) denied.push(after.decision);
    if (!before.decision.grant && after.decision.grant) allowed.push(after.decision);
  }
  return { requests, granted, denied, allowed };
}
