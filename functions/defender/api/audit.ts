import { pageOf } from "#sdk/serve/page.ts";
import { acts, decisions, type AuditQuery as Query } from "../audit.ts";
import { sayDecision } from "../explain.ts";
import type { Routes } from "./options.ts";
import { ActsQuery, AuditQuery } from "./schemas.ts";

type Words = Readonly<Record<string, string | undefined>>;

/** All that was decided, and what people did; newest first, in pages. */
export const auditRoutes: Routes = (app, { defender, log, clock }) => {
  const queryOf = ({ since, limit, before, ...rest }: Words) =>
    ({ ...rest, ...pageOf({ since, limit, before }, clock.now()) }) as Query;
  app.get(
    "/v1/audit",
    {
      schema: {
        summary: "Decisions, newest first; `before` of an answer leads to older ones.",
        querystring: AuditQuery,
      },
    },
    async ({ query }) => {
      await defender.told();
      const { found, before } = await decisions(log, queryOf(query as Words));
      return { decisions: found.map((decision) => ({ ...decision, says: sayDecision(decision) })), before };
    },
  );
  app.get(
    "/v1/audit/acts",
    {
      schema: {
        summary: "What people did: brakes, releases, approvals, budgets; newest first.",
        querystring: ActsQuery,
      },
    },
    async ({ query }) => {
      const { found, before } = await acts(log, queryOf(query as Words));
      return { acts: found, before };
    },
  );
};
