import Type, { type Static } from "typebox";
import { FindingRefSchema } from "./granted.ts";
import { moment, name, TargetSchema } from "./request.ts";

const closed = { additionalProperties: false } as const;

/** Why an operation was not done, or is not known to be. */
export const FAILURES = [
  /** Its grant had run out, by the executor's own clock, before it was begun. */
  "too-late",
  /** A later grant holds the target, or has held it. */
  "stale-fence",
  /** Another operation on the target is under way. */
  "busy",
  /** The target is gone, or another object has its name. */
  "target-gone",
  /** There is no such operation, or its params or its target are none of its own. */
  "invalid",
  /** It was begun too often on this target: a person must look. */
  "loop",
  "brake",
  /** The API server, or whoever was called, said no: nothing was done. */
  "refused",
  /** It was done, and what it was for did not come about in time. */
  "not-verified",
  /** Whether it was done could not be found out. It is not done again. */
  "unknown",
] as const;
export type Failure = (typeof FAILURES)[number];

const common = {
  /** The request's id. */
  id: name,
  matter: Type.Optional(name),
  cluster: name,
  operation: name,
  target: TargetSchema,
  fence: Type.Integer({ minimum: 0 }),
  finding: Type.Optional(FindingRefSchema),
  /** Which executor process. */
  executor: name,
  /** Unix ms by the executor's clock. */
  at: moment,
};
const message = Type.String({ maxLength: 4096 });

/** The data of `dev.roundsman.remedy.started.v1`: `Acting` is written, the act follows. */
export const StartedSchema = Type.Object(common, closed);
export type Started = Static<typeof StartedSchema>;

/** The data of `dev.roundsman.remedy.succeeded.v1`. */
export const SucceededSchema = Type.Object({ ...common, message }, closed);
export type Succeeded = Static<typeof SucceededSchema>;

/** The data of `dev.roundsman.remedy.failed.v1`. */
export const FailedSchema = Type.Object(
  {
    ...common,
    failure: Type.Unsafe<Failure>({ type: "string", enum: [...FAILURES] }),
    message,
    /** Whether it counts as begun: false = nothing was touched, and nothing will be. */
    begun: Type.Boolean(),
  },
  closed,
);
export type Failed = Static<typeof FailedSchema>;

/** The data of `dev.roundsman.remedy.undone.v1`: an executor took back its own claim, without asking. */
export const UndoneSchema = Type.Object({ ...common, message }, closed);
export type Undone = Static<typeof UndoneSchema>;
