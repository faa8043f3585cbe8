import { keyOf, type Place, scopeKey } from "../scopes.ts";
import type { Brake } from "../state.ts";
import type { Check } from "./check.ts";

/** Those that hold a place: pulled there, or in a scope around it. */
export const brakesOn = (brakes: readonly Brake[], place: Place): Brake[] =>
  brakes.filter((brake) => scopeKey(brake.in.scope, place) === keyOf(brake.in));

/** Whether a brake is on, here or in a scope around. */
export const checkBrake: Check = ({ state, request }) =>
  brakesOn([...state.brakes.values()], request).map(({ offset, in: scope, by, reason }) => ({
    code: "brake",
    in: scope,
    number: offset,
    detail: `pulled by ${by}: ${reason}`,
  }));
