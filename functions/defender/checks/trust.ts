import { TRUST, type Trust } from "../config.ts";
import { isFor } from "../matching.ts";
import type { Place } from "../scopes.ts";
import type { State } from "../state.ts";
import type { Check } from "./check.ts";

/** The least trust that an operation needs; what is not named needs all. */
const NEEDS: Readonly<Record<string, Trust>> = {
  cordon: "cordon",
  uncordon: "cordon",
  taint: "cordon",
  untaint: "cordon",
  annotate: "cordon",
  evict: "drain",
  drain: "drain",
  "delete-pod": "drain",
};

const needOf = (operation: string): Trust => (Object.hasOwn(NEEDS, operation) ? NEEDS[operation]! : "act");

export const trustOf = (state: State, place: Place): Trust =>
  state.config.trust.find(({ match }) => isFor(match, undefined, place))?.level ?? "observe";

/** Whether the pool is trusted so far. */
export const checkTrust: Check = ({ state, request }) => {
  const has = trustOf(state, request);
  const needs = needOf(request.operation);
  return TRUST.indexOf(has) >= TRUST.indexOf(needs)
    ? []
    : [
        {
          code: "trust",
          in: { scope: "pool", names: [request.cluster, request.pool ?? ""] },
          detail: `trusted to ${has} only; ${request.operation} needs the level ${needs}`,
        },
      ];
};
