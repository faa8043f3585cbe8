import Type, { type Static, type TObject, type TProperties } from "typebox";
import { LOG_LEVELS } from "#sdk/runtime/log-lines.ts";

const about = (description: string) => ({ description });
const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description }));
const names = { minLength: 1, maxLength: 253 } as const;

/** How the log is reached. One of `kafkaBrokers` and `data` is needed. */
const logSettings = {
  kafkaBrokers: Type.Optional(
    Type.Array(Type.String(names), { minItems: 1, maxItems: 100, ...about("Kafka's brokers, host:port") }),
  ),
  kafkaClientId: text("as whom Kafka's own logs and quotas know it (default: roundsman-PROCESS)"),
  kafkaTls: Type.Optional(Type.Boolean(about("TLS to Kafka; a file for it says so too"))),
  kafkaTlsCa: text("PEM: the authority that brokers are believed by"),
  kafkaTlsCert: text("PEM: its own certificate; with --kafka-tls-key"),
  kafkaTlsKey: text("PEM: the certificate's key"),
  kafkaTlsServerName: text("the name in the brokers' certificates, where it is not that of their address"),
  kafkaSaslMechanism: text("plain, scram-sha-256 or scram-sha-512"),
  kafkaSaslUser: text("the user, with a mechanism"),
  kafkaSaslPasswordFile: text("a file with the password"),
  data: text("instead of Kafka: a folder for a log that this process has to itself"),
};

/** Where it listens, and to whom. */
const serverSettings = {
  address: Type.String({
    ...names,
    default: "127.0.0.1",
    ...about("where it listens; beyond loopback it needs callers"),
  }),
  port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080, ...about("also PORT; 0: any") }),
  callers: text(
    "a file of who may call it: NAME PERMISSIONS TOKEN in a line, or user:GLOB|group:GLOB PERMISSIONS, known by the cluster",
  ),
  tlsCert: text("its certificate, PEM: then it speaks https; with --tls-key"),
  tlsKey: text("the certificate's private key, PEM"),
};

const clusterSettings = {
  kubeconfig: text("the cluster; also KUBECONFIG, else the pod's account"),
  context: text("the kubeconfig's context"),
};

/** What every process can be told: by flags, or by `ROUNDSMAN_…` variables. */
const common = {
  ...logSettings,
  ...serverSettings,
  ...clusterSettings,
  logLevel: Type.Unsafe<(typeof LOG_LEVELS)[number]>({
    type: "string",
    enum: [...LOG_LEVELS],
    default: "warn",
    ...about(LOG_LEVELS.join(", ")),
  }),
  grace: Type.Integer({ minimum: 0, maximum: 600_000, default: 20_000, ...about("ms that stopping may take") }),
};

/** Of a process that runs several times while one of them works: the others stand by. */
export const leaseSettings = {
  lease: text("NAMESPACE/NAME of the Lease that says which replica works; without one there must be one alone"),
  leaseDuration: Type.Integer({
    minimum: 3_000,
    maximum: 600_000,
    default: 15_000,
    ...about("ms after which another takes over from one that is not heard of"),
  }),
};

export type CommonSettings = Static<TObject<typeof common>>;
export type LeaseSettings = Static<TObject<typeof leaseSettings>>;

/** A process' own settings beside those that all have. */
export const settingsOf = <P extends TProperties>(own: P) => Type.Object({ ...common, ...own });

/** Variables that are known by other names too. */
export const VARIABLES = { port: "PORT" } as const;
