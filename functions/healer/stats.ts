import { readConfig } from "#broker/config-view.ts";
import type { Log, LogRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { NodeCondition } from "#sdk/operation/condition.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import type { Finding } from "#sdk/terms.ts";
import type { Account } from "./account.ts";
import { Accounts } from "./accounts.ts";
import { MIN_SUCCESS } from "./successes.ts";
import { readWord } from "./words.ts";

/** Sums as the API and the CLI tell them. Shares are whole percents, times are ms; what nothing is known of is left out. */
export interface Stats {
  readonly accounts: readonly (Omit<Account, "repairTime"> & {
    /** Of what succeeded or failed. */
    readonly successPercent?: number;
    /** From raised to resolved, the mean of what was repaired. */
    readonly timeToRepair?: number;
  })[];
  readonly remediers: readonly RemedierStats[];
}

export interface RemedierStats {
  readonly remedier: string;
  readonly strategy: "observe" | "act";
  /** Of the latest operations. */
  readonly succeeded: number;
  readonly of: number;
  readonly minSuccess: string;
  /** Why it only observes, though it was told to act. */
  readonly flaw?: string;
}

export function statsOf(accounts: Accounts, remediers: readonly Remedier[]): Stats {
  return { accounts: accounts.all().map(told), remediers: remediers.map((one) => standing(accounts, one)) };
}

/** The same of a log that nobody follows. */
export async function readStats(log: Log): Promise<Stats> {
  const accounts = new Accounts();
  const each = async (topic: string, take: (record: LogRecord, value: string) => void) => {
    for await (const records of log.read(topic))
      for (const record of records) if (record.value !== null) take(record, record.value);
  };
  await each("remedies", (record) => {
    const word = readWord(record);
    if (word) accounts.take(word);
  });
  await each("findings", (_, value) => accounts.finding(parseJson(value) as Finding));
  await each("events", ({ headers }, value) => {
    if (headers.ce_type === TYPES.nodeCondition) accounts.condition(parseJson(value) as NodeCondition);
  });
  return statsOf(accounts, (await readConfig(log))?.remediers ?? []);
}

function told({ repairTime, ...account }: Account): Stats["accounts"][number] {
  const { succeeded, failed, repaired } = account;
  const ended = succeeded + Object.values(failed).reduce((a, b) => a + b, 0);
  return {
    ...account,
    ...(ended > 0 && { successPercent: Math.floor((succeeded * 100) / ended) }),
    ...(repaired > 0 && { timeToRepair: Math.round(repairTime / repaired) }),
  };
}

function standing(accounts: Accounts, { metadata, spec }: Remedier): RemedierStats {
  const { name } = metadata;
  const { strategy = "observe", minSuccess = MIN_SUCCESS } = spec;
  const flaw = strategy === "act" ? accounts.flaw(name, minSuccess) : undefined;
  return { remedier: name, strategy, ...accounts.rate(name), minSuccess, ...(flaw !== undefined && { flaw }) };
}
