import Type, { type Static } from "typebox";
import { DURATION_PATTERN } from "../case/duration.ts";
import { SEVERITIES } from "../terms.ts";

export const API_VERSION = "roundsman.dev/v1alpha1";

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1, maxLength: 253 });
const duration = Type.String({ pattern: DURATION_PATTERN, maxLength: 20, duration: true });
const severity = Type.Unsafe<(typeof SEVERITIES)[number]>({ type: "string", enum: [...SEVERITIES] });
const globs = Type.Array(text, { minItems: 1, maxItems: 100 });
const labels = Type.Record(Type.String({ maxLength: 253 }), Type.String({ maxLength: 63 }));

const metadata = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", maxLength: 253 }),
    namespace: Type.Optional(text),
    labels: Type.Optional(labels),
    annotations: Type.Optional(Type.Record(Type.String({ maxLength: 253 }), Type.String({ maxLength: 65536 }))),
  },
  closed,
);

const resource = <K extends string, S extends Parameters<typeof Type.Object>[0]>(kind: K, spec: S) =>
  Type.Object(
    { apiVersion: Type.Literal(API_VERSION), kind: Type.Literal(kind), metadata, spec: Type.Object(spec, closed) },
    closed,
  );

/** How a case runs on some clusters. */
export const ProbeConfigSchema = resource("ProbeConfig", {
  case: text,
  /** Default: all. */
  clusters: Type.Optional(Type.Object({ names: Type.Optional(globs), matchLabels: Type.Optional(labels) }, closed)),
  /** A second name, where a case runs twice. Without one the config replaces the case's default. */
  instance: Type.Optional(Type.String({ pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", maxLength: 63 })),
  params: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Type.Unknown())),
  for: Type.Optional(duration),
  clear: Type.Optional(duration),
  owner: Type.Optional(text),
  /** Not on those clusters. */
  off: Type.Optional(Type.Boolean()),
});
export type ProbeConfig = Static<typeof ProbeConfigSchema>;

const headerValue = Type.Union([
  Type.String({ maxLength: 8192 }),
  Type.Object({ fromEnv: Type.String({ minLength: 1, maxLength: 253 }) }, closed),
]);

/** Which findings one sink is told. */
export const AlertSubscriptionSchema = resource("AlertSubscription", {
  match: Type.Optional(
    Type.Object(
      {
        /** This severity or worse. */
        severity: Type.Optional(severity),
        owner: Type.Optional(globs),
        case: Type.Optional(globs),
        cluster: Type.Optional(globs),
      },
      closed,
    ),
  ),
  sink: Type.Object(
    {
      stdout: Type.Optional(Type.Object({}, closed)),
      webhook: Type.Optional(
        Type.Object(
          {
            url: Type.String({ minLength: 1, maxLength: 2048 }),
            headers: Type.Optional(Type.Record(Type.String({ maxLength: 128 }), headerValue)),
            /** Of one request. Default 10s. */
            timeout: Type.Optional(duration),
          },
          closed,
        ),
      ),
    },
    { ...closed, minProperties: 1, maxProperties: 1 },
  ),
});
export type AlertSubscription = Static<typeof AlertSubscriptionSchema>;

/** A cluster that is watched. */
export const ClusterSchema = resource("Cluster", {});
export type Cluster = Static<typeof ClusterSchema>;

export type Resource = ProbeConfig | AlertSubscription | Cluster;
export const SCHEMAS = {
  ProbeConfig: ProbeConfigSchema,
  AlertSubscription: AlertSubscriptionSchema,
  Cluster: ClusterSchema,
} as const;
