import type { Cancel } from "./clock.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { Fault } from "./faults/index.ts";
import { between, shuffled } from "./random.ts";
import { isApiError } from "./store/status.ts";

export interface Scenario {
  /** What is wrong at this moment, the oldest first. */
  standing(): readonly Fault[];
}

/** ms: when the first fault comes, how long until the next, how long each stands once it shows. */
const FIRST = 1_500;
const GAP = [3_500, 5_500] as const;
const STANDS = [9_000, 12_000] as const;
/** So many that show at once come first: whoever looks for the first time shall see something soon. */
const OPENING = 3;

/**
 * Faults come and go for ever, several at a time, each once a round. With twenty of them a round takes a minute and a
 * half. A fault stands 9 to 12 s, counted from when it shows.
 */
export function runScenario(cluster: Cluster, faults: readonly Fault[]): Scenario {
  const { clock, random, report } = cluster;
  const standing = new Set<Fault>();

  const firstRound = (): Fault[] => {
    const opening = shuffled(
      random,
      faults.filter(({ ripens }) => ripens === undefined),
    ).slice(0, OPENING);
    return [
      ...opening,
      ...shuffled(
        random,
        faults.filter((fault) => !opening.includes(fault)),
      ),
    ];
  };
  let deck = firstRound();

  /** Somebody may have taken away what a fault is made of: then it is passed over. */
  const attempt = (act: () => void): boolean => {
    try {
      act();
      return true;
    } catch (error) {
      if (!isApiError(error)) report(error);
      return false;
    }
  };

  const mend = (fault: Fault) => {
    standing.delete(fault);
    attempt(() => fault.mend(cluster));
  };

  const begin = (): Cancel => {
    const at = deck.findIndex((fault) => !standing.has(fault));
    const [fault] = at < 0 ? [] : deck.splice(at, 1);
    if (deck.length === 0) deck = shuffled(random, faults);
    if (fault && attempt(() => fault.make(cluster))) {
      standing.add(fault);
      clock.after((fault.ripens ?? 0) + between(random, ...STANDS), () => mend(fault));
    }
    return clock.after(between(random, ...GAP), begin);
  };

  clock.after(FIRST, begin);
  return { standing: () => [...standing] };
}
