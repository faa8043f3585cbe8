import Type from "typebox";
import type { Routes } from "./options.ts";
import { closed, none, reason } from "./schemas.ts";

const Body = Type.Object({ reason }, closed);

/** A person answers for the past of a journal that is new, was lost or has a hole. */
export const initRoutes: Routes = (app, { defender }) => {
  const state = () => ({ initialised: defender.initialised, clusters: defender.clusters });
  app.get("/v1/defender", { schema: { summary: "May anything be granted at all?", querystring: none } }, state);
  app.post(
    "/v1/defender/init",
    {
      schema: { summary: "The journal may be used: nothing is under way that it does not know.", body: Body },
      config: { permission: "init" },
    },
    async ({ body, caller }) => {
      await defender.init({ by: caller.name, reason: (body as { reason: string }).reason });
      return state();
    },
  );
};
