import Type from "typebox";
import { fault } from "#sdk/errors.ts";
import type { ScopeOf } from "#sdk/operation/decision.ts";
import { name } from "#sdk/operation/request.ts";
import { sinceOf } from "#sdk/serve/since.ts";
import { CAPS, DAY } from "../config.ts";
import { sayDecision } from "../explain.ts";
import type { Place } from "../scopes.ts";
import type { Routes } from "./options.ts";
import { closed, reason, StandingQuery, scope } from "./schemas.ts";
import { checkScope } from "./scope.ts";

const ResetBody = Type.Object({ budget: name, in: scope, reason }, closed);
const DryRunBody = Type.Object(
  {
    config: Type.Unknown({ description: "Budgets, trust, calendars and settings, as `GET /v1/budgets` gives them." }),
    since: Type.Optional(Type.String({ maxLength: 40, description: "RFC 3339, or how long ago. Default 24h." })),
  },
  closed,
);
/** Decisions that a dry run tells one by one. */
const SHOWN = 100;

type Words = Readonly<Record<string, string | undefined>>;

/** The configuration in force and how its windows stand; what another one would have said. */
export const budgetRoutes: Routes = (app, { defender, clock }) => {
  app.get(
    "/v1/budgets",
    {
      schema: {
        summary:
          "The configuration in force, and how windows stand: of one request's place, or all that hold anything.",
        querystring: StandingQuery,
      },
    },
    ({ query, caller }) => {
      const place = placeOf(query as Words, caller.name);
      return {
        config: defender.config,
        caps: CAPS,
        initialised: defender.initialised,
        standing: place ? defender.standing(place) : defender.standings(),
      };
    },
  );
  app.post(
    "/v1/latches/reset",
    {
      schema: { summary: "Opens the latch of a budget in a scope.", body: ResetBody },
      config: { permission: "release" },
    },
    async ({ body, caller }) => {
      const { budget, in: where, reason } = body as { budget: string; in: ScopeOf; reason: string };
      await defender.reset(budget, checkScope(where), { by: caller.name, reason });
      return { reset: { budget, in: where } };
    },
  );
  app.post(
    "/v1/budgets/dry-run",
    {
      schema: { summary: "What other budgets would have said to the requests of the last day.", body: DryRunBody },
      // It reads the whole journal.
      config: { permission: "configure" },
    },
    async ({ body }) => {
      const { config, since } = body as { config: unknown; since?: string };
      const from = since === undefined ? clock.now() - DAY : sinceOf(since, clock.now());
      const { denied, allowed, ...counts } = await defender.dryRun(config, from);
      const told = (all: typeof denied) => ({
        count: all.length,
        newest: all
          .slice(-SHOWN)
          .reverse()
          .map((decision) => ({ decision, says: sayDecision(decision) })),
      });
      return { ...counts, denied: told(denied), allowed: told(allowed) };
    },
  );
};

/** Where a request would lie; undefined where no word is said of it. */
function placeOf(words: Words, caller: string): Place | undefined {
  if (Object.values(words).every((word) => word === undefined)) return undefined;
  const { cluster, operation = "", kind = "Node", namespace, name = "", zone, pool, owner, actor = caller } = words;
  if (cluster === undefined) throw fault("request-invalid", { field: "cluster", what: "is missing" });
  return {
    operation,
    cluster,
    ...(zone !== undefined && { zone }),
    ...(pool !== undefined && { pool }),
    ...(owner !== undefined && { owner }),
    actor,
    target: { kind, ...(namespace !== undefined && { namespace }), name },
  };
}
