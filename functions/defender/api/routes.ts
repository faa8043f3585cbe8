import type { FastifyInstance } from "fastify";
import { approvalRoutes } from "./approvals.ts";
import { auditRoutes } from "./audit.ts";
import { brakeRoutes } from "./brake.ts";
import { budgetRoutes } from "./budgets.ts";
import { decideRoutes } from "./decide.ts";
import { explainRoutes } from "./explain.ts";
import { grantRoutes } from "./grants.ts";
import { initRoutes } from "./init.ts";
import type { DefenderApi } from "./options.ts";

/** All that the defender answers over HTTP. Who calls is the server's to know: `createServer({callers})`. */
export function defenderRoutes(app: FastifyInstance, api: DefenderApi): void {
  for (const routes of [
    decideRoutes,
    explainRoutes,
    brakeRoutes,
    grantRoutes,
    budgetRoutes,
    auditRoutes,
    approvalRoutes,
    initRoutes,
  ])
    routes(app, api);
}
