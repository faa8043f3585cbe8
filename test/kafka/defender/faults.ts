import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "#broker/log/log.ts";
import { between, pick, type Random } from "#functions/practice/random.ts";
import type { Load } from "#test/faults/defender/load.ts";
import type { Target } from "#test/faults/defender/target.ts";
import type { Bed } from "../support/bed.ts";
import { stepClock } from "./log.ts";

export const FAULTS = [
  ...["replica killed", "replica stopped", "replica's clock", "all replicas killed", "cut"],
  ...["broker killed", "broker stopped", "brokers' clock"],
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Harmed {
  readonly bed: Bed;
  readonly replicas: readonly Target[];
  readonly load: Load;
  readonly log: Log;
  readonly random: Random;
  start(replica: Target): Promise<void>;
}

const STEPS = [-3_600_000, -30_000, -4_000, -900, 900, 4_000, 30_000, 3_600_000];

/** Does harm, and undoes it. Resolves with whether it really happened. */
export async function harm(fault: Fault, harmed: Harmed): Promise<boolean> {
  const { bed, replicas, load, log, random, start } = harmed;
  const replica = pick(random, replicas);
  const broker = between(random, 1, 3);
  switch (fault) {
    case "replica killed": {
      const signal = await replica.kill();
      await wait(between(random, 0, 1_000));
      await start(replica);
      return signal === "SIGKILL";
    }
    case "all replicas killed": {
      const signals = await Promise.all(replicas.map((one) => one.kill()));
      await Promise.all(replicas.map(start));
      return signals.every((signal) => signal === "SIGKILL");
    }
    case "replica stopped":
      return replica.pause(() => wait(between(random, 1_000, 4_000)));
    case "replica's clock": {
      const ms = pick(random, STEPS);
      const now = await replica.act({ do: "step", ms });
      await wait(between(random, 100, 600));
      await replica.act({ do: "step", ms: 0 });
      return Math.abs(now - Date.now() - ms) < 5_000;
    }
    case "cut":
      return load.cut() > 0;
    case "broker killed": {
      await bed.kill(broker);
      const isGone = !(await bed.runs(broker));
      await wait(between(random, 0, 3_000));
      await bed.start(broker);
      return isGone;
    }
    case "broker stopped":
      return bed.pause(broker, () => wait(between(random, 2_000, 9_000)));
    case "brokers' clock": {
      await stepClock(log, pick(random, STEPS));
      await wait(between(random, 100, 1_500));
      await stepClock(log, 0);
      return true;
    }
  }
}
