import type { Log, LogRecord } from "#broker/log/log.ts";
import { type Backwards, lookBack } from "#broker/log/look-back.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Decision, DecisionOutcome } from "#sdk/operation/decision.ts";
import type { OperationRequest, Target } from "#sdk/operation/request.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
import type { Input } from "./input.ts";
import { readInput } from "./records.ts";

export interface AuditQuery {
  /** Unix ms. */
  readonly since?: number;
  readonly outcome?: DecisionOutcome;
  /** Globs. A target is `Kind/name` or `Kind/namespace/name`, or its name alone. */
  readonly cluster?: string;
  readonly target?: string;
  readonly actor?: string;
  readonly operation?: string;
  readonly limit: number;
  readonly before?: number;
}

/** What a person did. */
export type Act = Extract<Input, { by: string }> & { readonly offset: number; readonly time: number };

const ACTS: readonly Input["kind"][] = ["init", "config", "brake", "release", "reset", "approve"];

const decisionIn = ({ headers, value }: LogRecord): Decision | undefined =>
  value === null || headers.ce_type !== TYPES.decision ? undefined : (parseJson(value) as Decision);

export const pathOf = ({ kind, namespace, name }: Pick<Target, "kind" | "namespace" | "name">): string =>
  [kind, ...(namespace === undefined ? [] : [namespace]), name].join("/");

/** Decisions, newest first. */
export function decisions(log: Log, query: AuditQuery): Promise<Backwards<Decision>> {
  const { since = 0, outcome, cluster, target, actor, operation, limit, before } = query;
  const fits = (pattern: string | undefined, ...texts: string[]) =>
    pattern === undefined || texts.some((text) => matchesGlob(pattern, text));
  const take = (record: LogRecord) => {
    const decision = decisionIn(record);
    if (!decision) return undefined;
    if (decision.time < since) return decision.time < since - LATE ? "old" : undefined;
    return (outcome === undefined || decision.outcome === outcome) &&
      fits(cluster, decision.cluster) &&
      fits(target, pathOf(decision.target), decision.target.name) &&
      fits(actor, decision.actor) &&
      fits(operation, decision.operation)
      ? decision
      : undefined;
  };
  return lookBack(log, "decisions", { take, limit, before });
}

/** A decision that another replica told is told so much later at most, ms. */
const LATE = 600_000;

/** What people did: brakes, approvals, budgets, latches; newest first. */
export function acts(log: Log, { since = 0, limit, before }: AuditQuery): Promise<Backwards<Act>> {
  const take = (record: LogRecord) => {
    const read = readInput(record);
    if (!read) return undefined;
    const { offset, input, stamp } = read;
    const time = stamp?.utc ?? read.time;
    if (time < since) return "old";
    return ACTS.includes(input.kind) ? ({ ...input, offset, time } as Act) : undefined;
  };
  return lookBack(log, "defender", { take, limit, before });
}

/** The latest decision whose id is this one or begins so. */
export async function decisionOf(log: Log, id: string): Promise<Decision | undefined> {
  const take = (record: LogRecord) => {
    const decision = decisionIn(record);
    return decision?.id.startsWith(id) ? decision : undefined;
  };
  return (await lookBack(log, "decisions", { take, limit: 1 })).found[0];
}

/** What was asked, where the journal still holds it. */
export async function requestOf(log: Log, { offset }: Decision): Promise<OperationRequest | undefined> {
  for await (const records of log.read("defender", { from: offset })) {
    const first = records[0]!;
    if (first.offset !== offset) return undefined;
    const input = readInput(first)?.input;
    return input?.kind === "request" ? input.request : undefined;
  }
  return undefined;
}
