import { sinceOf } from "#sdk/serve/since.ts";
import { acts, decisions, type AuditQuery as Query } from "../audit.ts";
import { sayDecision } from "../explain.ts";
import type { Routes } from "./options.ts";
import { ActsQuery, AuditQuery } from "./schemas.ts";

type Words = Readonly<Record<string, string | undefined>>;

const LIMIT = 50;
const MOST = 1_000;

/** All that was decided, and what people did; newest first, in pages. */
export const auditRoutes: Routes = (app, { defender, log, clock }) => {
  const queryOf = ({ since, limit, before, ...rest }: Words) =>
    ({
      ...rest,
      ...(since !== undefined && { since: sinceOf(since, clock.now()) }),
      ...(before !== undefined && { before: Number(before) }),
      limit: Math.min(MOST, Math.max(1, Number(limit ?? LIMIT))),
    }) as Query;
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
