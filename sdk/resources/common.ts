import Type, { type TSchema } from "typebox";
import { DURATION_PATTERN } from "../case/duration.ts";

export const API_VERSION = "roundsman.dev/v1alpha1";

export const closed = { additionalProperties: false } as const;
export const text = Type.String({ minLength: 1, maxLength: 253 });
export const duration = Type.String({ pattern: DURATION_PATTERN, maxLength: 20, duration: true });
export const globs = Type.Array(text, { minItems: 1, maxItems: 100 });
export const labels = Type.Record(Type.String({ maxLength: 253 }), Type.String({ maxLength: 63 }));
export const oneOf = <T extends string>(values: readonly T[]) => Type.Unsafe<T>({ type: "string", enum: [...values] });

/** A field with what it is for, as `kubectl explain` shows it. */
export const about = <S extends TSchema>(description: string, schema: S): S => ({ ...schema, description });

/**
 * What a schema cannot say, as an API server checks it (CEL): it refuses nothing that our own checks take. They are said
 * again there, with more of what stands around.
 */
export const rules = (...all: readonly (readonly [rule: string, message: string])[]) => ({
  "x-kubernetes-validations": all.map(([rule, message]) => ({ rule, message })),
});

const metadata = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", maxLength: 253 }),
    namespace: Type.Optional(text),
    labels: Type.Optional(labels),
    annotations: Type.Optional(Type.Record(Type.String({ maxLength: 253 }), Type.String({ maxLength: 65536 }))),
  },
  closed,
);

export const resource = <K extends string, S extends Parameters<typeof Type.Object>[0]>(
  kind: K,
  spec: S,
  more: ReturnType<typeof rules> | object = {},
) =>
  Type.Object(
    {
      apiVersion: Type.Literal(API_VERSION),
      kind: Type.Literal(kind),
      metadata,
      spec: Type.Object(spec, { ...closed, ...more }),
    },
    closed,
  );
