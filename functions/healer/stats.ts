import type { Remedier } from "#sdk/resources/remedier.ts";
import type { Account } from "./account.ts";
import type { Accounts } from "./accounts.ts";
import { MIN_SUCCESS } from "./successes.ts";

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
