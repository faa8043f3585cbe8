import Type, { type Static } from "typebox";
import { moment, name, TargetSchema } from "./request.ts";

const closed = { additionalProperties: false } as const;

export const GrantSchema = Type.Object(
  {
    /** Rises with every grant of the domain. */
    fence: Type.Integer({ minimum: 0 }),
    /** Unix ms, UTC: nothing may begin after it. */
    notAfter: moment,
  },
  closed,
);

/** What a remedy is for: a finding's, or a node condition's. */
export const FindingRefSchema = Type.Object({ fingerprint: name, episode: Type.Integer({ minimum: 0 }) }, closed);

/** The data of `dev.roundsman.remedy.granted.v1`: all that an executor goes by. */
export const GrantedSchema = Type.Object(
  {
    /** The request's id. */
    id: name,
    matter: Type.Optional(name),
    cluster: name,
    operation: name,
    /** Of the operation; its own schema says which. */
    params: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Type.Unknown())),
    target: TargetSchema,
    grant: GrantSchema,
    finding: Type.Optional(FindingRefSchema),
    /** Of the finding; `condition/<type>` where it is a node's. */
    case: Type.Optional(name),
    remedier: Type.Optional(name),
    step: Type.Optional(Type.Integer({ minimum: 0 })),
    attempt: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Why, for people. */
    reason: Type.Optional(Type.String({ maxLength: 2048 })),
  },
  closed,
);
export type Granted = Static<typeof GrantedSchema>;
