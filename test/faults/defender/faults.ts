import { setTimeout as wait } from "node:timers/promises";
import { between, pick, type Random } from "#functions/practice/random.ts";
import { FAILPOINTS, type Failpoint } from "./failing-disk.ts";
import type { Load } from "./load.ts";
import type { Target } from "./target.ts";

export const FAULTS = ["kill", "stop", "clock", "boot", "cut", ...FAILPOINTS] as const;
export type Fault = (typeof FAULTS)[number];

export interface Harmed {
  readonly target: Target;
  readonly load: Load;
  readonly random: Random;
  /** Longest time that it is stopped, s. */
  readonly longestStop: number;
  /** Starts it again, of another boot or the same. */
  restart(boot: "same" | "other"): Promise<void>;
}

const DEADLY = (fault: Failpoint): boolean => fault.endsWith(":kill") || fault.endsWith(":torn");

/** Does harm, and undoes what must be undone by hand. Resolves with whether it really happened. */
export async function harm(fault: Fault, harmed: Harmed): Promise<boolean> {
  const { target, load, random, longestStop, restart } = harmed;
  switch (fault) {
    case "kill":
    case "boot": {
      const signal = await target.kill();
      await restart(fault === "boot" ? "other" : "same");
      return signal === "SIGKILL";
    }
    case "stop":
      return target.pause(() => wait(between(random, 1_000, longestStop * 1_000)));
    case "cut":
      return load.cut() > 0;
    case "clock": {
      const ms = pick(random, [-3_600_000, -30_000, -900, 900, 4_000, 30_000, 3_600_000]);
      const now = await target.act({ do: "step", ms });
      await wait(between(random, 100, 600));
      await target.act({ do: "step", ms: 0 });
      return Math.abs(now - Date.now() - ms) < 5_000 && now !== Date.now();
    }
    default:
      return failAt(fault, harmed);
  }
}

async function failAt(failpoint: Failpoint, { target, restart, random }: Harmed): Promise<boolean> {
  const before = target.hits.get(failpoint) ?? 0;
  const armed = target.act({ do: "fail", failpoint, times: between(random, 1, 3) }).catch(() => undefined);
  if (DEADLY(failpoint)) {
    const signal = await target.ended();
    await restart("same");
    return signal === "SIGKILL";
  }
  await armed;
  for (let left = 500; left > 0 && (target.hits.get(failpoint) ?? 0) === before; left--) await wait(10);
  return (target.hits.get(failpoint) ?? 0) > before;
}
