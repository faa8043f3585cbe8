import { keyOf, scopeKey } from "../scopes.ts";
import type { Check } from "./check.ts";

/** Whether a brake is on, here or in a scope around. */
export const checkBrake: Check = ({ state, request }) =>
  [...state.brakes.values()]
    .filter((brake) => scopeKey(brake.in.scope, request) === keyOf(brake.in))
    .map(({ in: scope, by, reason }) => ({ code: "brake", in: scope, detail: `pulled by ${by}: ${reason}` }));
