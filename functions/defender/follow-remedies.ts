import { RecordReader } from "#broker/dead-letter/reader.ts";
import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Defender } from "./defender.ts";

/** What is read of the end of an operation, whoever tells it: executor or healer. */
interface Ended {
  readonly fence?: number;
  readonly executor?: string;
}

const OUTCOMES = {
  [TYPES.remedySucceeded]: "succeeded",
  [TYPES.remedyFailed]: "failed",
  [TYPES.remedyExpired]: "expired",
} as const;
const isOutcome = (type: string): type is keyof typeof OUTCOMES => Object.hasOwn(OUTCOMES, type);

/**
 * Tells the defender how operations ended, so that they are under way no more. Told twice is told once. What cannot be
 * written is tried again with the next start: until then the operation counts as under way, and less is granted.
 */
export function followRemedies(
  log: Log,
  defender: Pick<Defender, "end">,
  warn: (message: string) => void,
): Subscription {
  const reader = new RecordReader({ log, by: "defender", logger: { error: (_, what) => warn(what) } });
  const take = async (record: LogRecord): Promise<boolean> => {
    const { ce_type: type = "" } = record.headers;
    if (!isOutcome(type)) return true;
    const ended = reader.read<Ended>(record, type);
    if (!ended) return true;
    const { fence, executor = "healer" } = ended;
    // Of what was never granted nothing is under way.
    if (fence === undefined) return true;
    try {
      await defender.end(fence, OUTCOMES[type], executor);
    } catch (e) {
      if (isFault(e, "act-refused")) return true;
      warn(`the end of the operation with fence ${fence} is not written: ${sayError(e)}`);
      return false;
    }
    return true;
  };
  let isWhole = true;
  return log.subscribe({ topic: "remedies", group: "defender" }, async (records, reading) => {
    const taken = await Promise.all(records.map(take));
    await reader.settled;
    isWhole &&= taken.every(Boolean);
    const last = records.at(-1)!;
    if (isWhole) void reading.commit(last.partition, last.offset + 1);
  });
}
