import Type from "typebox";
import { durationMs } from "#sdk/case/duration.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { name } from "#sdk/operation/request.ts";
import { decisions, requestOf } from "../audit.ts";
import { DAY } from "../config.ts";
import { sayReason } from "../explain.ts";
import type { DefenderApi, Routes } from "./options.ts";
import { closed, duration, none, reason } from "./schemas.ts";

const ApproveBody = Type.Object(
  {
    matter: name,
    operation: name,
    for: Type.Optional({ ...duration, description: "How long the yes holds, at most 24h. Default 1h." }),
    reason,
  },
  closed,
);
/** Decisions that are looked through for what waits. */
const LOOKED = 1_000;

/** What waits for a person's yes, and the yes. */
export const approvalRoutes: Routes = (app, api) => {
  const { defender, clock } = api;
  app.get("/v1/approvals", { schema: { summary: "What waits for a person's yes?", querystring: none } }, async () => ({
    waiting: await waiting(api),
    approved: defender.approvals,
  }));
  app.post(
    "/v1/approvals",
    { schema: { summary: "A person's yes to one matter.", body: ApproveBody }, config: { permission: "approve" } },
    async ({ body, caller }) => {
      const asked = body as { matter: string; operation: string; for?: string; reason: string };
      const until = Math.floor(clock.now()) + durationMs(asked.for ?? "1h", "for");
      await defender.approve(asked.matter, asked.operation, until, { by: caller.name, reason: asked.reason });
      return { approved: defender.approvals.find(({ matter }) => matter === asked.matter) };
    },
  );
};

/** The latest word on each matter of the last day, where that is that a person must say yes. */
async function waiting({ defender, log, clock }: DefenderApi) {
  await defender.told();
  const approved = new Set(defender.approvals.map(({ matter, operation }) => `${matter}\n${operation}`));
  const { found } = await decisions(log, { since: clock.now() - DAY, limit: LOOKED });
  const latest = new Map<string, Decision>();
  for (const decision of found) if (!latest.has(decision.matter)) latest.set(decision.matter, decision);
  const waits = [...latest.values()].filter(
    ({ matter, operation, reasons }) =>
      reasons.some(({ code }) => code === "approval") && !approved.has(`${matter}\n${operation}`),
  );
  return Promise.all(
    waits.map(async (decision) => {
      const request = await requestOf(log, decision);
      const { id, matter, operation, cluster, target, actor, time, reasons } = decision;
      return {
        matter,
        operation,
        cluster,
        target,
        actor,
        /** When it was last asked. */
        time,
        id,
        ...(request && { reason: request.reason, params: request.params, finding: request.finding }),
        /** What else stands against it. */
        others: reasons.filter(({ code }) => code !== "approval").map(sayReason),
      };
    }),
  );
}
