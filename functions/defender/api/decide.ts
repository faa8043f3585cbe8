import { DecisionSchema } from "#sdk/operation/decision-schema.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Routes } from "./options.ts";
import { DecideBody } from "./schemas.ts";

/** May this be done? A no is an answer like another: 200. */
export const decideRoutes: Routes = (app, { defender }) => {
  app.post(
    "/v1/decide",
    {
      schema: { summary: "May this operation be done now?", body: DecideBody },
      config: { permission: "decide", answers: DecisionSchema },
    },
    ({ body, caller }) => defender.decide({ ...(body as OperationRequest), actor: caller.name }),
  );
};
