import Type, { type Static } from "typebox";
import { LOG_LEVELS } from "#sdk/runtime/log-lines.ts";

const names = Type.Array(Type.String({ minLength: 1, maxLength: 253 }), { maxItems: 1000 });

/** What `roundsman start` can be told: by flags, `ROUNDSMAN_…` variables, or a settings file. */
export const Settings = Type.Object({
  /** Where the HTTP API listens. Beyond loopback it needs `callers`. */
  address: Type.String({ minLength: 1, maxLength: 253, default: "127.0.0.1" }),
  /** A file of who may call it: NAME PERMISSIONS TOKEN in a line, or user:GLOB PERMISSIONS, known by the API server. */
  callers: Type.Optional(Type.String({ minLength: 1 })),
  /** PEM files: with both of them https:// is spoken. Renewed ones are taken within a minute. */
  tlsCert: Type.Optional(Type.String({ minLength: 1 })),
  tlsKey: Type.Optional(Type.String({ minLength: 1 })),
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
  kubeconfig: Type.Optional(Type.String({ minLength: 1 })),
  context: Type.Optional(Type.String({ minLength: 1 })),
  /** The cluster's name, which is in every fingerprint. Default: the kubeconfig context's cluster. */
  cluster: Type.Optional(
    Type.String({ pattern: "^[A-Za-z0-9]([A-Za-z0-9._:@/-]{0,251}[A-Za-z0-9])?$", maxLength: 253 }),
  ),
  /** Where findings are kept; one folder per cluster is made in it. Default: the user's state directory. */
  data: Type.Optional(Type.String({ minLength: 1 })),
  /** Folders (or files) with cases of one's own. */
  cases: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: 100 })),
  /** A folder (or file) with ProbeConfigs and AlertSubscriptions. */
  config: Type.Optional(Type.String({ minLength: 1 })),
  /** Whether the cluster's own resources of `roundsman.dev` count too. Default: where it runs in that cluster. */
  configFromCluster: Type.Optional(Type.Boolean()),
  namespaces: Type.Optional(names),
  excludeNamespaces: Type.Optional(names),
  logLevel: Type.Unsafe<(typeof LOG_LEVELS)[number]>({ type: "string", enum: [...LOG_LEVELS], default: "warn" }),
  /** Hosts that the operation `webhook` may call, exactly; none unless named. Its calls are signed with the secret. */
  webhookHosts: Type.Optional(names),
  webhookSecret: Type.Optional(Type.String({ minLength: 16, maxLength: 1024 })),
  /** ms that stopping may take. */
  grace: Type.Integer({ minimum: 0, maximum: 600_000, default: 10_000 }),
  /** ms that one check may take. */
  checkDeadline: Type.Integer({ minimum: 10, maximum: 600_000, default: 2_000 }),
  /** Threads that run cases, at most. */
  threads: Type.Integer({ minimum: 1, maximum: 64, default: 2 }),
});
export type Settings = Readonly<Static<typeof Settings>>;

/** Variables that are known by other names too. */
export const VARIABLES = { port: "PORT" } as const;
