import { DecisionSchema } from "#sdk/operation/decision-schema.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import { hotRoute } from "#sdk/serve/hot-route.ts";
import type { Routes } from "./options.ts";
import { DecideBody } from "./schemas.ts";

/** May this be done? A no is an answer like another: 200. */
export const decideRoutes: Routes = (app, { defender }) =>
  hotRoute(app, {
    url: "/v1/decide",
    summary: "May this operation be done now?",
    body: DecideBody,
    answers: DecisionSchema,
    permission: "decide",
    answer: async (body, caller) => defender.decide({ ...(body as OperationRequest), actor: caller.name }),
  });
