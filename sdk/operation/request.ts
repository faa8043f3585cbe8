import Type, { type Static } from "typebox";

/** A name as it comes from a cluster or a person. No control characters: scopes are joined by one. */
export const name = Type.String({ minLength: 1, maxLength: 512, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });
const closed = { additionalProperties: false } as const;
/** Unix ms. */
export const moment = Type.Integer({ minimum: 0, maximum: 8.64e15 });

export const TargetSchema = Type.Object(
  {
    apiVersion: Type.Optional(name),
    kind: name,
    namespace: Type.Optional(name),
    name,
    /** An operation never touches another object of that name. */
    uid: name,
  },
  closed,
);
/** What an operation is done to. */
export type Target = Static<typeof TargetSchema>;

/** May this operation be done now? What is asked of the defender. */
export const OperationRequestSchema = Type.Object(
  {
    /** hash(fingerprint, episode, step, attempt): one id, one answer. */
    id: name,
    /** hash(fingerprint, episode, step): stays the same over attempts. What a person approves. */
    matter: name,
    /** Such as `drain`. */
    operation: name,
    /** Of the operation; its own schema says which. */
    params: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Type.Unknown())),
    target: TargetSchema,
    cluster: name,
    zone: Type.Optional(name),
    pool: Type.Optional(name),
    owner: Type.Optional(name),
    /** Who asks, as known by its token: never taken from what it says of itself. */
    actor: name,
    /** The kinds whose view the wish rests on, such as `v1/Node`. At least one. */
    depends: Type.Array(name, { minItems: 1, maxItems: 50 }),
    /** When it became due, by the sender's clock. A retry of one due keeps it. */
    due: moment,
    /** When it was sent, by the sender's clock. The only field that a retry may change. */
    sent: moment,
    /** Why, for people. */
    reason: Type.String({ minLength: 1, maxLength: 2048 }),
    /** What it is a remedy for. */
    finding: Type.Optional(Type.Object({ fingerprint: name, episode: Type.Integer({ minimum: 0 }) }, closed)),
  },
  closed,
);
export type OperationRequest = Static<typeof OperationRequestSchema>;
