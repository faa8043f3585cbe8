import Type, { type Static } from "typebox";
import { SEVERITIES } from "../terms.ts";
import { type BudgetResource, BudgetSchema, type DefenderResource, DefenderSchema } from "./budget.ts";
import { about, closed, duration, globs, labels, oneOf, resource, rules, text } from "./common.ts";
import { type Remedier, RemedierSchema } from "./remedier.ts";

export { API_VERSION } from "./common.ts";

/** How a case runs on some clusters. */
export const ProbeConfigSchema = resource("ProbeConfig", {
  case: about("The case, such as workload/crash-loop.", text),
  clusters: Type.Optional(
    Type.Object(
      { names: Type.Optional(globs), matchLabels: Type.Optional(labels) },
      { ...closed, description: "On which clusters. Default: all." },
    ),
  ),
  instance: Type.Optional(
    Type.String({
      pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
      maxLength: 63,
      description: "A second name, where a case runs twice. Without one this replaces the case's default.",
    }),
  ),
  params: Type.Optional(
    about("What the case takes: see `roundsman cases`.", Type.Record(Type.String({ maxLength: 63 }), Type.Unknown())),
  ),
  for: Type.Optional(about("How long a problem must last before it is a finding.", duration)),
  clear: Type.Optional(about("How long it must be gone before the finding is resolved.", duration)),
  owner: Type.Optional(about("Who answers for its findings, where nothing nearer says so.", text)),
  strategy: Type.Optional(
    about(
      "Whether remedies may be done for its findings. Default observe: what would be done is said.",
      oneOf(["observe", "act"]),
    ),
  ),
  disabled: Type.Optional(Type.Boolean({ description: "It does not run on those clusters." })),
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
        severity: Type.Optional(about("This severity or worse.", oneOf(SEVERITIES))),
        owner: Type.Optional(globs),
        case: Type.Optional(globs),
        cluster: Type.Optional(globs),
      },
      { ...closed, description: "Which findings. Default: all." },
    ),
  ),
  sink: Type.Object(
    {
      stdout: Type.Optional(Type.Object({}, closed)),
      webhook: Type.Optional(
        Type.Object(
          {
            url: Type.String({
              minLength: 1,
              maxLength: 2048,
              ...rules(["self.matches('(?i)^https?:')", "must be an http:// or https:// URL"]),
            }),
            headers: Type.Optional(Type.Record(Type.String({ maxLength: 128 }), headerValue)),
            timeout: Type.Optional(about("Of one request. Default 10s.", duration)),
          },
          closed,
        ),
      ),
    },
    {
      ...closed,
      description: "Where they are told: one of these.",
      minProperties: 1,
      maxProperties: 1,
      ...rules(["has(self.stdout) != has(self.webhook)", "must have one of stdout and webhook"]),
    },
  ),
});
export type AlertSubscription = Static<typeof AlertSubscriptionSchema>;

/** A cluster that is watched. */
export const ClusterSchema = resource("Cluster", {});
export type Cluster = Static<typeof ClusterSchema>;

export type Resource = ProbeConfig | AlertSubscription | Cluster | BudgetResource | DefenderResource | Remedier;
export const SCHEMAS = {
  ProbeConfig: ProbeConfigSchema,
  AlertSubscription: AlertSubscriptionSchema,
  Budget: BudgetSchema,
  Defender: DefenderSchema,
  Remedier: RemedierSchema,
  Cluster: ClusterSchema,
} as const;
