import type { Reason } from "#sdk/operation/decision.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { State } from "../state.ts";

export interface Asked {
  readonly state: State;
  readonly request: OperationRequest;
  /** Per group of rules: the scope that holds it. */
  readonly keys: readonly (string | undefined)[];
}

/** Says every reason why not. */
export type Check = (asked: Asked) => Reason[];

/** Defender time as unix ms by the defender's clock, for people. */
export const asUtc = ({ time }: State, moment: number): number => Math.ceil(time.utc + moment - time.now);

/** `reason` and `until`, where that is known. */
export const until = (state: State, moment: number): { until?: number } =>
  Number.isFinite(moment) ? { until: asUtc(state, moment) } : {};
