import { matchesAny } from "#sdk/resources/glob.ts";
import type { Match } from "./config.ts";
import type { Place } from "./scopes.ts";

/** Whether a budget, a calendar or a rule of trust is for this request. */
export const isFor = (match: Match | undefined, operations: readonly string[] | undefined, place: Place): boolean =>
  (operations === undefined || operations.includes(place.operation)) &&
  (match === undefined ||
    (matchesAny(match.cluster, place.cluster) &&
      matchesAny(match.pool, place.pool) &&
      matchesAny(match.namespace, place.target.namespace) &&
      matchesAny(match.owner, place.owner) &&
      matchesAny(match.actor, place.actor)));
