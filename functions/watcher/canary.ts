import { durationMs } from "#sdk/case/duration.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { CANARY } from "#sdk/terms.ts";

export interface CanaryOptions {
  readonly cluster: string;
  readonly instances: readonly Instance[];
  readonly clock: Pick<Clock, "now">;
  /** Puts the row there; undefined takes it away. */
  readonly put: (row: CanaryRow) => void;
  readonly remove: (row: CanaryRow) => void;
}

export type CanaryRow = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
};

/** ms */
const SHORTEST = 1_000;

/** Where `roundsman/canary` runs: a row that is there for one round and gone for the next. */
export class Canary {
  readonly #options: CanaryOptions;
  #timer: NodeJS.Timeout | undefined;
  #row: CanaryRow | undefined;

  constructor(options: CanaryOptions) {
    this.#options = options;
  }

  /** It sets out at once. */
  start(): void {
    const instance = this.#options.instances.find((one) => one.id === CANARY);
    if (!instance || this.#timer) return;
    const every = Math.max(SHORTEST, durationMs(String(instance.params.every), `${CANARY}: every`));
    this.#turn();
    this.#timer = setInterval(() => this.#turn(), every);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    const { cluster, clock, put, remove } = this.#options;
    const before = this.#row;
    this.#row = before
      ? undefined
      : { apiVersion: "roundsman", kind: "Canary", metadata: { name: cluster }, sent: clock.now() };
    if (this.#row) put(this.#row);
    else remove(before!);
  }
}
