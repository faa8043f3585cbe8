import Type from "typebox";
import type { Decision, DecisionOutcome, ReasonCode } from "./decision.ts";
import { SCOPES } from "./decision.ts";
import { GrantSchema } from "./granted.ts";
import { moment, name, TargetSchema } from "./request.ts";

/** Open where a newer defender may say more; closed in what is gone by: the outcome, the target, the grant. */
const text = Type.String({ maxLength: 4096 });
const count = Type.Integer({ minimum: 0 });

const ReasonSchema = Type.Object({
  code: Type.Unsafe<ReasonCode>({ type: "string", minLength: 1, maxLength: 64 }),
  budget: Type.Optional(text),
  in: Type.Optional(
    Type.Object({
      scope: Type.Unsafe<(typeof SCOPES)[number]>({ type: "string", enum: [...SCOPES] }),
      names: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 8 }),
    }),
  ),
  window: Type.Optional(count),
  limit: Type.Optional(count),
  used: Type.Optional(count),
  remains: Type.Optional(count),
  number: Type.Optional(count),
  until: Type.Optional(moment),
  override: Type.Optional(text),
  detail: Type.Optional(text),
});

/** A defender's answer, as it goes over the wire. */
export const DecisionSchema = Type.Unsafe<Decision>(
  Type.Object({
    id: name,
    matter: name,
    outcome: Type.Unsafe<DecisionOutcome>({ type: "string", enum: ["granted", "denied", "waiting"] }),
    offset: count,
    time: moment,
    operation: name,
    cluster: name,
    target: TargetSchema,
    actor: name,
    grant: Type.Optional(GrantSchema),
    reasons: Type.Array(ReasonSchema, { maxItems: 10_000 }),
    retryAt: Type.Optional(moment),
  }),
);
