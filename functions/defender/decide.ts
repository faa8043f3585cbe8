import type { Decision } from "#sdk/operation/decision.ts";
import { end, expire, reconfigure } from "./history.ts";
import type { Input, InputRecord } from "./input.ts";
import { judge } from "./judge.ts";
import { keyOf } from "./scopes.ts";
import { noteFloors, takeSizes } from "./sizes.ts";
import { knows, pair, type State } from "./state.ts";
import { advance, countOn } from "./time.ts";
import { noteMoment } from "./vouched.ts";
import { admit, mayBegin, note } from "./writers.ts";

/** What the fold says of one record: a decision, or why an act of a person had no effect. */
export interface Answer {
  readonly decision?: Decision;
  readonly refused?: string;
  /** It was stored twice, or its writer is not known (any more): as if it were not there. */
  readonly ignored?: true;
}

const DONE: Answer = {};
const IGNORED: Answer = { ignored: true };

/**
 * The defender's fold: the same records in the same order give the same state and the same answers, on every machine. No
 * clock, no I/O, no chance. The state is handed on: what went in is not to be used again (it is the same, changed).
 */
export function decide(state: State, record: InputRecord): [State, Answer] {
  if (!admit(state, record)) return [state, IGNORED];
  state.offset = record.offset;
  advance(state, record);
  countOn(state, record);
  expire(state);
  const answer = apply(state, record);
  note(state, record, answer.decision);
  if (record.from) noteMoment(state, record);
  return [state, answer];
}

/** An approval holds at most so long, ms. */
const APPROVAL = 24 * 3_600_000;

function apply(state: State, { input, from }: InputRecord): Answer {
  // Records that a newer version gives a meaning to are not guessed at: all is denied.
  if (!knows(state.version) && input.kind !== "request") return DONE;
  switch (input.kind) {
    case "request":
      return { decision: judge(state, input.request) };
    case "start":
      state.durable = input.durable;
      return DONE;
    case "tick":
      return DONE;
    case "init":
      state.initialised = true;
      state.dropped = Number.NEGATIVE_INFINITY;
      return DONE;
    case "config":
      reconfigure(state, input.config);
      noteFloors(state, state.sizes.values());
      return DONE;
    case "outcome":
      return end(state, input.fence) ? DONE : { refused: `nothing is under way with fence ${input.fence}` };
    case "brake":
      return pullBrake(state, input);
    case "release":
      return release(state, input);
    case "reset":
      return state.latches.delete(pair(input.budget, keyOf(input.in)))
        ? DONE
        : { refused: `budget ${input.budget} is not latched there` };
    case "approve":
      return approve(state, input);
    case "heartbeat": {
      const { cluster, ages, leases } = input;
      state.heartbeats.set(cluster, { cluster, ages, leases, at: state.time.now });
      return DONE;
    }
    case "sizes":
      takeSizes(state, input);
      return DONE;
    case "executor":
      state.executors.set(input.cluster, { at: state.time.now, ahead: input.clock - state.time.now });
      return DONE;
    case "version":
      if (from && !mayBegin(state, input.version)) return { refused: "not every replica knows it" };
      state.version = input.version;
      return DONE;
    default:
      // Written by a newer program that said no word before: what it means is not known, so all is denied.
      state.version = Number.MAX_SAFE_INTEGER;
      return DONE;
  }
}

function pullBrake(state: State, { in: scope, by, reason }: Extract<Input, { kind: "brake" }>): Answer {
  state.brakes.set(pair(scope.scope, keyOf(scope)), {
    offset: state.offset,
    in: scope,
    by,
    reason,
    since: state.time.utc,
  });
  return DONE;
}

/** Only the brake that it names: one that was pulled again meanwhile stays. */
function release(state: State, { in: scope, brake }: Extract<Input, { kind: "release" }>): Answer {
  const key = pair(scope.scope, keyOf(scope));
  const pulled = state.brakes.get(key);
  if (!pulled) return { refused: "no brake is on there" };
  if (pulled.offset !== brake) return { refused: `the brake there is ${pulled.offset}: it was pulled again` };
  state.brakes.delete(key);
  return DONE;
}

/** It ends by the wall clock and by defender time, whichever is sooner: a clock that is set back must not renew it. */
function approve(state: State, { matter, operation, until, by }: Extract<Input, { kind: "approve" }>): Answer {
  const { utc, now } = state.time;
  for (const [key, approval] of state.approvals) if (approval.ends <= now) state.approvals.delete(key);
  if (until <= utc) return { refused: "its end has passed already" };
  const lasts = Math.min(until - utc, APPROVAL);
  state.approvals.set(pair(matter, operation), { until: utc + lasts, ends: now + lasts, by });
  return DONE;
}
