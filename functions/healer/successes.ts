/** Whether remediers do any good: the latest outcomes of each. */
import type { Failure } from "#sdk/operation/outcome.ts";

export interface Rate {
  readonly succeeded: number;
  /** Of so many of the latest. */
  readonly of: number;
}

/** Outcomes that a judgement needs, and how many of the latest count. */
export const ENOUGH = 5;
export const LATEST = 20;
export const MIN_SUCCESS = "50%";
/** Nothing was begun: these say nothing of the operation. */
const NO_FAULT: ReadonlySet<Failure> = new Set(["too-late", "stale-fence", "busy", "brake", "target-gone"]);

export class Successes {
  readonly #outcomes = new Map<string, boolean[]>();

  succeeded(remedier: string): void {
    this.#add(remedier, true);
  }

  failed(remedier: string, failure: Failure): void {
    if (!NO_FAULT.has(failure)) this.#add(remedier, false);
  }

  rate(remedier: string): Rate {
    const outcomes = this.#outcomes.get(remedier) ?? [];
    return { succeeded: outcomes.filter(Boolean).length, of: outcomes.length };
  }

  /** Why a remedier may not act: of its latest operations too few succeeded. Integers, so that 50 % is 50 %. */
  flaw(remedier: string, minSuccess: string = MIN_SUCCESS): string | undefined {
    const { succeeded, of } = this.rate(remedier);
    if (of < ENOUGH || succeeded * 100 >= Number(minSuccess.slice(0, -1)) * of) return undefined;
    return `of its latest ${of} operations ${succeeded} succeeded, less than the ${minSuccess} of spec.minSuccess: mend its steps, and lower that for as long as they need to show it`;
  }

  #add(remedier: string, isSuccess: boolean): void {
    const outcomes = this.#outcomes.get(remedier) ?? [];
    outcomes.push(isSuccess);
    if (outcomes.length > LATEST) outcomes.shift();
    this.#outcomes.set(remedier, outcomes);
  }
}
