import Type from "typebox";
import { DURATION_PATTERN } from "#sdk/case/duration.ts";
import { SCOPES } from "#sdk/operation/decision.ts";
import { name, OperationRequestSchema, TargetSchema } from "#sdk/operation/request.ts";

export const closed = { additionalProperties: false } as const;
const { id, matter, params, depends, due, sent, reason: why, finding } = OperationRequestSchema.properties;

export const reason = Type.String({ minLength: 1, maxLength: 1024, description: "Why, for who reads the audit." });
const scopeName = Type.String({ maxLength: 512, pattern: "^[^\\u0000-\\u001f\\u007f]*$" });
export const scope = Type.Object(
  {
    scope: Type.Unsafe<(typeof SCOPES)[number]>({ type: "string", enum: [...SCOPES] }),
    names: Type.Array(scopeName, { maxItems: 4 }),
  },
  { ...closed, description: "The names that lead to it, outermost first: of pool gpu of eu-1, eu-1 and gpu." },
);
export const duration = Type.String({ pattern: DURATION_PATTERN });

export const DecideBody = Type.Object(
  {
    ...OperationRequestSchema.properties,
    actor: Type.Optional(Type.String({ maxLength: 512, description: "Not gone by: who asks is known by its token." })),
  },
  closed,
);

const place = {
  cluster: name,
  zone: Type.Optional(name),
  pool: Type.Optional(name),
  owner: Type.Optional(name),
};
const { uid: _uid, ...named } = TargetSchema.properties;

export const ExplainBody = Type.Object(
  {
    decision: Type.Optional(
      Type.String({ minLength: 4, maxLength: 512, description: "The id of one, or its beginning." }),
    ),
    operation: Type.Optional(name),
    target: Type.Optional(Type.Object({ ...named, uid: Type.Optional(name) }, closed)),
    ...place,
    cluster: Type.Optional(name),
    actor: Type.Optional({ ...name, description: "For whom it is explained. Default: the caller." }),
    id: Type.Optional(id),
    matter: Type.Optional(matter),
    params,
    depends: Type.Optional(depends),
    due: Type.Optional(due),
    sent: Type.Optional(sent),
    reason: Type.Optional(why),
    finding,
  },
  { ...closed, description: "Either `decision`, or a request: at least its `operation`, `target` and `cluster`." },
);

const digits = Type.String({ pattern: "^[0-9]{1,15}$" });
const glob = Type.String({ minLength: 1, maxLength: 512 });
/** What an address says is text. */
export const AuditQuery = Type.Object(
  {
    since: Type.Optional(Type.String({ maxLength: 40, description: "RFC 3339, or how long ago, such as 24h." })),
    outcome: Type.Optional(Type.Unsafe<string>({ type: "string", enum: ["granted", "denied", "waiting"] })),
    cluster: Type.Optional(glob),
    target: Type.Optional(glob),
    actor: Type.Optional(glob),
    operation: Type.Optional(glob),
    limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$" })),
    before: Type.Optional(digits),
  },
  closed,
);
const { since, limit, before } = AuditQuery.properties;
export const ActsQuery = Type.Object({ since, limit, before }, closed);

export const StandingQuery = Type.Object(
  {
    ...Object.fromEntries(
      ["operation", "kind", "namespace", "name", "cluster", "zone", "pool", "owner", "actor"].map((key) => [
        key,
        Type.Optional(name),
      ]),
    ),
  },
  closed,
);
export const none = Type.Object({}, closed);
