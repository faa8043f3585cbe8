import Type, { type Static, type TObject } from "typebox";
import { textOf } from "#sdk/runtime/text-of.ts";
import type { Base } from "./process.ts";
import { tokenFile } from "./token-file.ts";

/** Where case hosts are, and as whom they are asked. */
export const hostSettings = {
  hosts: Type.Array(Type.String({ pattern: "^https?://", maxLength: 2048 }), {
    maxItems: 1000,
    default: [],
    description: "URLs of case hosts; each says its cases at /v1/cases. Several that have the same share the work",
  }),
  hostToken: Type.Optional(
    Type.String({ minLength: 1, description: "a file with the token that hosts know this one by; may be renewed" }),
  ),
  hostCa: Type.Optional(
    Type.String({ minLength: 1, description: "PEM: the authority that https:// hosts are believed by" }),
  ),
  hostEvery: Type.Integer({
    minimum: 0,
    maximum: 86_400_000,
    default: 600_000,
    description:
      "ms between two looks at a host's cases; 0: only when a case is due that nobody has. To ask a host at rest wakes it",
  }),
};

export type HostSettings = Static<TObject<typeof hostSettings>>;

/** How hosts are reached, with what was in files. Rejects with `config-unreadable`. */
export async function hostAccess({ settings, clock }: Base<HostSettings>) {
  return {
    token: settings.hostToken === undefined ? undefined : tokenFile(settings.hostToken, clock),
    ca: settings.hostCa === undefined ? undefined : await textOf(settings.hostCa),
  };
}
