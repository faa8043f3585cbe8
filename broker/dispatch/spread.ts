import { fault, isFault, type RoundsmanError } from "#sdk/errors.ts";
import { Pace } from "./pace.ts";
import type { Answer, Target } from "./target.ts";

export interface SpreadHost {
  readonly url: string;
  readonly target: Target;
  /** Requests at once. */
  readonly flights: number;
}

type Due = Parameters<Target["evaluate"]>[0];

interface Place extends SpreadHost {
  readonly pace: Pace;
  flying: number;
}

/**
 * Several hosts of the same cases as one target. A batch goes to the one with the least in flight; one that takes nothing is left alone
 * for a while, and asked with a single request after it. One that hangs holds what it was sent until that runs out of
 * time, and no more.
 */
export class Spread implements Target {
  readonly #places: readonly Place[];
  readonly #now: () => number;

  /** `now`: monotonic ms. */
  constructor(hosts: readonly SpreadHost[], now: () => number) {
    this.#places = hosts.map((host) => ({ ...host, pace: new Pace(host.flights), flying: 0 }));
    this.#now = now;
  }

  async evaluate(checks: Due): Promise<readonly Answer[]> {
    for (;;) {
      const place = this.#choose();
      if (!place) throw this.#none();
      place.flying++;
      try {
        const answers = await place.target.evaluate(checks);
        place.pace.well();
        return answers;
      } catch (e) {
        // What is refused is the check's doing.
        if (isFault(e, "dispatch-refused")) throw e;
        place.pace.hold(this.#now(), Number((e as Partial<RoundsmanError>).details?.retryAfter ?? 0));
        // Nothing was tried: another may take it.
        if (!isFault(e, "dispatch-unavailable")) throw e;
      } finally {
        place.flying--;
      }
    }
  }

  #choose(): Place | undefined {
    const now = this.#now();
    let best: Place | undefined;
    for (const place of this.#places) {
      if (place.pace.heldFor(now) > 0 || place.flying >= place.pace.allowed) continue;
      if (!best || place.flying < best.flying) best = place;
    }
    return best;
  }

  #none() {
    const now = this.#now();
    const url = this.#places.map((place) => place.url).join(", ");
    const retryAfter = Math.max(1, Math.min(...this.#places.map(({ pace }) => pace.heldFor(now))));
    return fault("dispatch-unavailable", { url, what: "none of them takes anything", retryAfter });
  }
}
