import Type, { type Static, type TObject } from "typebox";
import type { Clock } from "#sdk/runtime/clock.ts";
import { textOf } from "#sdk/runtime/text-of.ts";
import { tokenFile } from "./token-file.ts";

/** Where the defender is, and as whom it is asked. */
export const defenderSettings = {
  defender: Type.Array(Type.String({ pattern: "^https?://", maxLength: 2048 }), {
    minItems: 1,
    maxItems: 100,
    description: "URLs of the defender's replicas, or of what spreads requests over them",
  }),
  defenderToken: Type.Optional(
    Type.String({
      minLength: 1,
      description: "a file with the token that the defender knows this one by; may be renewed",
    }),
  ),
  defenderCa: Type.Optional(
    Type.String({ minLength: 1, description: "PEM: the authority that an https:// defender is believed by" }),
  ),
};

export type DefenderSettings = Static<TObject<typeof defenderSettings>>;

/** How it is reached, with what was in files. Rejects with `config-unreadable`. */
export async function defenderAccess(settings: DefenderSettings, clock: Pick<Clock, "monotonic">) {
  const { defender: urls, defenderToken, defenderCa } = settings;
  return {
    urls,
    ...(defenderToken !== undefined && { token: tokenFile(defenderToken, clock) }),
    ...(defenderCa !== undefined && { ca: await textOf(defenderCa) }),
  };
}
