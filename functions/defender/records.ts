import type { LogRecord, NewRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { Input, InputRecord, Sender, Stamp } from "./input.ts";

/** All that one order decides. The fleet's remedies are one domain. */
export const DOMAIN = "fleet";
const SOURCE = "/defender";

const recordWith = (id: string, data: object): NewRecord =>
  recordOf({
    topic: "defender",
    key: [DOMAIN],
    type: TYPES.defenderInput,
    id,
    source: SOURCE,
    dataText: JSON.stringify(data),
  });

/** Of a log with one writer. */
export const inputRecord = (stamp: Stamp, input: Input): NewRecord => recordWith(`${stamp.count}`, { stamp, input });

/** Of a log with several. */
export const sentRecord = (from: Sender, input: Input): NewRecord =>
  recordWith(`${from.writer}/${from.number}`, { from, input });

/** Undefined: no input, or one that a newer version writes under another type. */
export function readInput({ headers, value, offset, time }: LogRecord): InputRecord | undefined {
  if (value === null || headers.ce_type !== TYPES.defenderInput) return undefined;
  // Written by us, and so never too deep: that look would cost as much as the parsing.
  const said = parseJson(value, { maxDepth: Number.POSITIVE_INFINITY }) as Omit<InputRecord, "offset" | "time">;
  return { offset, time, ...said };
}

export const decisionRecord = (decision: Decision): NewRecord =>
  recordOf({
    topic: "decisions",
    key: [DOMAIN],
    type: TYPES.decision,
    id: `${decision.offset}`,
    source: SOURCE,
    subject: [decision.target.kind, decision.target.namespace ?? "", decision.target.name].join("/"),
    dataText: JSON.stringify(decision),
  });
