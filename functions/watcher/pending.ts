import type { Clock } from "#sdk/runtime/clock.ts";
import type { Pending } from "#sdk/terms.ts";

/** ms that a dispatcher's word holds: three of them may be lost. */
const HOLDS = 35_000;

/** Which checks of an epoch dispatchers say they still have, heard on topic `verdicts`. */
export class PendingChecks {
  readonly #said = new Map<string, { readonly ranges: Pending["ranges"]; readonly at: number }>();
  readonly #of: { readonly cluster: string; readonly epoch: number };
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(of: { readonly cluster: string; readonly epoch: number }, clock: Pick<Clock, "monotonic">) {
    this.#of = of;
    this.#clock = clock;
  }

  hear({ cluster, epoch, by, ranges }: Pending): void {
    if (cluster !== this.#of.cluster || epoch !== this.#of.epoch) return;
    const now = this.#clock.monotonic();
    for (const [one, { at }] of this.#said) if (now - at > HOLDS) this.#said.delete(one);
    this.#said.set(by, { ranges, at: now });
  }

  has(seq: number): boolean {
    const now = this.#clock.monotonic();
    for (const { ranges, at } of this.#said.values())
      if (now - at <= HOLDS && ranges.some(([from, to]) => seq >= from && seq <= to)) return true;
    return false;
  }
}
