import Type from "typebox";
import type { Routes } from "./options.ts";
import { closed } from "./schemas.ts";

const Fence = Type.Object({ fence: Type.String({ pattern: "^[0-9]{1,15}$" }) }, closed);

/** Asked by an executor right before it begins, and before each step: by all that was said until then, whichever replica is asked. */
export const grantRoutes: Routes = (app, { defender }) => {
  app.get(
    "/v1/grants/:fence",
    {
      schema: { summary: "May what was granted go on, or is it stopped?", params: Fence },
      config: { permission: "read" },
    },
    async ({ params }) => {
      const fence = Number((params as { fence: string }).fence);
      const stopped = await defender.stoppedNow(fence);
      return { fence, ...(stopped !== undefined && { stopped }) };
    },
  );
};
