import Type, { type Static } from "typebox";
import { FindingRefSchema, GrantSchema } from "./granted.ts";
import { FAILURES, type Failure } from "./outcome.ts";
import { name, TargetSchema } from "./request.ts";

const closed = { additionalProperties: false } as const;
const time = Type.String({ format: "date-time", maxLength: 35 });
const message = Type.String({ maxLength: 4096 });
const fence = Type.Integer({ minimum: 0, description: "The fence of the grant that this is about." });

export const PHASES = ["Acting", "Succeeded", "Failed"] as const;
export type Phase = (typeof PHASES)[number];

/** The claim on a target: who may do what to it, and until when that may begin. */
export const JobSpecSchema = Type.Object(
  {
    id: Type.String({ ...name, description: "The request's id." }),
    matter: Type.Optional(name),
    operation: Type.String({ ...name, description: "What is done, such as drain." }),
    params: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Type.Unknown())),
    target: TargetSchema,
    grant: GrantSchema,
    finding: Type.Optional(FindingRefSchema),
    case: Type.Optional(Type.String({ ...name, description: "Of the finding." })),
    remedier: Type.Optional(Type.String({ ...name, description: "Whose rule it was." })),
    step: Type.Optional(Type.Integer({ minimum: 0 })),
    attempt: Type.Optional(Type.Integer({ minimum: 0 })),
    reason: Type.Optional(Type.String({ maxLength: 2048, description: "Why, for people." })),
  },
  closed,
);

export const ConditionSchema = Type.Object(
  {
    type: Type.String({ maxLength: 316 }),
    status: Type.Unsafe<"True" | "False" | "Unknown">({ type: "string", enum: ["True", "False", "Unknown"] }),
    reason: Type.String({ maxLength: 1024 }),
    message: Type.Optional(message),
    lastTransitionTime: time,
    observedGeneration: Type.Optional(Type.Integer()),
  },
  closed,
);

/** One that was begun, of this or an earlier grant. */
const AttemptSchema = Type.Object(
  {
    operation: name,
    fence,
    at: time,
    phase: Type.Unsafe<Phase>({ type: "string", enum: [...PHASES] }),
  },
  closed,
);

/** A claim that an operation left on the target, of this or an earlier grant. */
const HoldSchema = Type.Object(
  {
    operation: name,
    fence,
    params: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Type.Unknown())),
    /** What it is held for: when that is resolved it is released. */
    finding: Type.Optional(FindingRefSchema),
    /** It is taken back once all of the target's are. */
    released: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type Hold = Static<typeof HoldSchema>;

/** How far it is. A status of a lower fence than the spec's is an earlier grant's: this one is not begun. */
export const JobStatusSchema = Type.Object(
  {
    observedGeneration: Type.Optional(Type.Integer()),
    phase: Type.Unsafe<Phase>({ type: "string", enum: [...PHASES] }),
    fence,
    executor: Type.String({ ...name, description: "The process that wrote Acting, or that refused." }),
    begun: Type.Boolean({ description: "Whether Acting was ever written for this fence." }),
    startedAt: Type.Optional(time),
    deadline: Type.Optional(Type.String({ ...time, description: "Until when what it does must show." })),
    finishedAt: Type.Optional(time),
    failure: Type.Optional(Type.Unsafe<Failure>({ type: "string", enum: [...FAILURES] })),
    message: Type.Optional(message),
    evidence: Type.Optional(
      Type.String({
        maxLength: 16_384,
        description: "The target as it was before, as JSON: kept before anything destructive.",
      }),
    ),
    holds: Type.Optional(
      Type.Array(HoldSchema, {
        maxItems: 20,
        description:
          "Claims that were left on the target, such as a cordon: its executor may take back these, and no others.",
      }),
    ),
    undoneAt: Type.Optional(time),
    attempts: Type.Optional(Type.Array(AttemptSchema, { maxItems: 20 })),
    conditions: Type.Optional(Type.Array(ConditionSchema, { maxItems: 8 })),
  },
  closed,
);

export const JOB_API_VERSION = "roundsman.dev/v1alpha1";
export const JOB_KIND = "RemedyOperationJob";

export type Job = {
  readonly apiVersion: typeof JOB_API_VERSION;
  readonly kind: typeof JOB_KIND;
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: Static<typeof JobSpecSchema>;
  readonly status?: Static<typeof JobStatusSchema>;
};
export type JobSpec = Job["spec"];
export type JobStatus = NonNullable<Job["status"]>;
export type Condition = Static<typeof ConditionSchema>;

/** One per target: a uid is no two objects'. */
export const jobName = ({ kind, uid }: { readonly kind: string; readonly uid: string }): string =>
  `${kind.toLowerCase()}-${uid.toLowerCase()}`;
