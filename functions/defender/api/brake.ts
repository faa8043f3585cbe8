import Type from "typebox";
import { fault } from "#sdk/errors.ts";
import type { ScopeOf } from "#sdk/operation/decision.ts";
import type { Brake } from "../state.ts";
import type { Routes } from "./options.ts";
import { closed, none, reason, scope } from "./schemas.ts";
import { checkScope } from "./scope.ts";

const FLEET: ScopeOf = { scope: "fleet", names: [] };
const PullBody = Type.Object({ in: Type.Optional(scope), reason }, closed);
const ReleaseBody = Type.Object({ number: Type.Integer({ minimum: 0 }), reason }, closed);

const told = ({ offset, ...brake }: Brake) => ({ number: offset, ...brake });

/** Stops every grant at once, in one scope or everywhere. Letting go is another act, by another permission, of one brake. */
export const brakeRoutes: Routes = (app, { defender }) => {
  const state = () => ({ brakes: defender.brakes.map(told), clusters: defender.clusters });
  app.get("/v1/brake", { schema: { summary: "Which brakes are on?", querystring: none } }, state);
  app.post(
    "/v1/brake",
    {
      schema: { summary: "Nothing is granted there from here on. Without `in`: nowhere.", body: PullBody },
      config: { permission: "brake" },
    },
    async ({ body, caller }) => {
      const { in: given = FLEET, reason } = body as { in?: ScopeOf; reason: string };
      const number = await defender.brake(checkScope(given), { by: caller.name, reason });
      return { number, in: given, ...state() };
    },
  );
  app.post(
    "/v1/brake/release",
    {
      schema: { summary: "Lets go of the brake with this number, and of no later one.", body: ReleaseBody },
      config: { permission: "release" },
    },
    async ({ body, caller }) => {
      const { number, reason } = body as { number: number; reason: string };
      const brake = defender.brakes.find(({ offset }) => offset === number);
      if (!brake) throw fault("act-refused", { what: sayOthers(number, defender.brakes) });
      await defender.release(brake.in, number, { by: caller.name, reason });
      return { released: told(brake), ...state() };
    },
  );
};

const sayOthers = (number: number, brakes: readonly Brake[]): string =>
  `no brake has the number ${number}; ${brakes.length === 0 ? "none is on" : `on are ${brakes.map(({ offset }) => offset).join(", ")}`}`;
