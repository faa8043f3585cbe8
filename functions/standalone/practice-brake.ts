import type { Defender } from "#functions/defender/index.ts";
import { sayError } from "#sdk/errors.ts";

export interface PracticeBrakeOptions {
  readonly defender: Pick<Defender, "brake" | "release">;
  readonly cluster: string;
  readonly write: (text: string) => void;
}

/** ms until it is pulled, how long it is on, until the next time. */
const FIRST = 45_000;
const ON = 15_000;
const AGAIN = 180_000;

/** The practice cluster shows the brake: it is pulled now and then, and let go. Gives what ends that. */
export function brakeNowAndThen({ defender, cluster, write }: PracticeBrakeOptions): () => Promise<void> {
  const scope = { scope: "cluster", names: [cluster] } as const;
  const by = "practice";
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const later = (ms: number, work: () => Promise<void>) => {
    timer = setTimeout(() => {
      running = work().catch((e) => write(`the brake of the practice cluster: ${sayError(e)}\n`));
    }, ms);
  };
  const say = (word: string) => write(`${new Date().toISOString().slice(11, 19)} ⛔ ${word}\n`);
  let on: number | undefined;
  const release = async () => {
    if (on === undefined) return;
    await defender.release(scope, on, { by, reason: "it was shown" });
    say(`brake ${on} is off`);
    on = undefined;
  };
  const pull = async () => {
    on = await defender.brake(scope, { by, reason: `to show it, for ${ON / 1_000} s` });
    say(`brake ${on} is on for cluster ${cluster}: nothing is granted (roundsman brake status)`);
    later(ON, async () => {
      await release();
      later(AGAIN, pull);
    });
  };
  later(FIRST, pull);
  return async () => {
    clearTimeout(timer);
    await running;
    await release();
  };
}
