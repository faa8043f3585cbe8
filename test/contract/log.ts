import { afterEach, describe } from "vitest";
import { appendContract } from "./log-append.ts";
import { groupsContract } from "./log-groups.ts";
import { closeContract, reopenContract } from "./log-lifetime.ts";
import { subscribeContract } from "./log-subscribe.ts";
import type { Bench, LogUnderTest } from "./log-tools.ts";
import { trimContract } from "./log-trim.ts";

export type { LogUnderTest } from "./log-tools.ts";

/**
 * What every driver of `Log` must do. Assumes neither one partition, nor dense offsets, nor speed.
 * `reopens: false` for a driver whose records do not outlive it.
 */
export const logContract = (
  name: string,
  open: () => Promise<LogUnderTest>,
  { reopens = true }: { readonly reopens?: boolean } = {},
): void => {
  describe(`log contract: ${name}`, () => {
    const ends: (() => Promise<void>)[] = [];

    const bench: Bench = {
      async start() {
        const under = await open();
        ends.push(async () => {
          await under.log.close();
          await under.dispose?.();
        });
        return under;
      },
      async restart(under) {
        await under.log.close();
        const log = await under.reopen!();
        // Before the first: files may only go when nobody has them open.
        ends.unshift(() => log.close());
        return log;
      },
    };

    afterEach(async () => {
      for (const end of ends.splice(0)) await end();
    });

    appendContract(bench);
    subscribeContract(bench);
    groupsContract(bench);
    trimContract(bench, reopens);
    closeContract(bench);
    if (reopens) reopenContract(bench);
  });
};
