import Type, { type Static, type TObject, type TSchema, type TUnsafe } from "typebox";
import { DURATION_PATTERN, type Duration } from "./duration.ts";

export type { Static, TObject, TSchema };

/** The schema of a case's params. TypeBox: a schema is JSON Schema, its type is `Static<typeof schema>`. */
export const t = {
  Array: Type.Array,
  Boolean: Type.Boolean,
  Integer: Type.Integer,
  Literal: Type.Literal,
  Number: Type.Number,
  Object: Type.Object,
  Optional: Type.Optional,
  Record: Type.Record,
  String: Type.String,
  Union: Type.Union,
  /** A duration, `"10m"`. `for`, `clear` and `age` may name it as `"$param"`. */
  Duration: (options: { default?: Duration; description?: string } = {}): TUnsafe<Duration> =>
    Type.Unsafe<Duration>({ type: "string", pattern: DURATION_PATTERN, maxLength: 20, duration: true, ...options }),
} as const;
