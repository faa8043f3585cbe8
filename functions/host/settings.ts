import Type, { type Static } from "typebox";
import { LOG_LEVELS } from "#sdk/runtime/log-lines.ts";

/** What a host can be told: by flags, or by `ROUNDSMAN_…` variables. */
export const HostSettings = Type.Object({
  /** Where it listens. Beyond loopback it needs `callers`. */
  address: Type.String({ minLength: 1, maxLength: 253, default: "127.0.0.1" }),
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
  /** A file of who may call it: NAME PERMISSIONS TOKEN in a line. Who sends events needs `send`. */
  callers: Type.Optional(Type.String({ minLength: 1 })),
  /** PEM files: with them it speaks https. */
  tlsCert: Type.Optional(Type.String({ minLength: 1 })),
  tlsKey: Type.Optional(Type.String({ minLength: 1 })),
  /** Threads that run cases, at most. */
  threads: Type.Integer({ minimum: 1, maximum: 64, default: 2 }),
  /** ms that one check may take. */
  checkDeadline: Type.Integer({ minimum: 10, maximum: 600_000, default: 2_000 }),
  /** ms that one request may take: less than the dispatcher waits (30 s), and that less than Knative does. */
  deadline: Type.Integer({ minimum: 10, maximum: 600_000, default: 20_000 }),
  /** Requests at once; more are told to come again. */
  requests: Type.Integer({ minimum: 1, maximum: 10_000, default: 64 }),
  /** Bytes of one request: a check holds the rows of its key. */
  bodyLimit: Type.Integer({ minimum: 1_024, maximum: 1 << 28, default: 5 << 20 }),
  /** ms after SIGTERM in which requests are still taken, because not all senders have heard of it. */
  linger: Type.Integer({ minimum: 0, maximum: 600_000, default: 1_000 }),
  /** ms that stopping may take in all. */
  grace: Type.Integer({ minimum: 0, maximum: 600_000, default: 25_000 }),
  logLevel: Type.Unsafe<(typeof LOG_LEVELS)[number]>({ type: "string", enum: [...LOG_LEVELS], default: "warn" }),
});
export type HostSettings = Readonly<Static<typeof HostSettings>>;

/** Variables that are known by other names too. */
export const HOST_VARIABLES = { port: "PORT" } as const;
