import Type, { type Static } from "typebox";
import { createAjv, sayInvalid } from "#sdk/case/params.ts";
import { fault, sayError } from "#sdk/errors.ts";

const File = Type.String({ minLength: 1 });

/** How Kafka is reached, as it stands in a configuration. Secrets are in files, never in it. */
export const KafkaSettings = Type.Object(
  {
    brokers: Type.Array(Type.String(), { minItems: 1, maxItems: 100 }),
    clientId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    tls: Type.Optional(Type.Boolean()),
    /** PEM. Without it the authorities that Node knows are trusted. */
    tlsCa: Type.Optional(File),
    tlsCert: Type.Optional(File),
    tlsKey: Type.Optional(File),
    /** The name in the brokers' certificates, where it is not that of their address. */
    tlsServerName: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
    saslMechanism: Type.Optional(Type.Enum(["plain", "scram-sha-256", "scram-sha-512"])),
    saslUser: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    saslPasswordFile: Type.Optional(File),
    connectTimeout: Type.Optional(Type.Integer({ minimum: 100, maximum: 120_000 })),
    requestTimeout: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 300_000 })),
  },
  { additionalProperties: false },
);

export type KafkaSettings = Static<typeof KafkaSettings>;

/** How Kafka is reached, with what was in files. */
export interface Connection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
    readonly rejectUnauthorized: true;
  };
  readonly sasl?: { readonly mechanism: string; readonly username: string; readonly password: string };
  /** ms */
  readonly connectTimeout: number;
  readonly requestTimeout: number;
}

const ADDRESS = /^(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9.-]{0,251}[A-Za-z0-9]|\[[0-9A-Fa-f:.]{2,45}\]):(\d{1,5})$/;

export interface SettingsPlace {
  /** What the settings stand in, for errors. */
  readonly where: string;
  readFile(path: string): Promise<string>;
}

/** @throws config-invalid: names the field and what is wrong with it */
export async function kafkaConnection(values: unknown, { where, readFile }: SettingsPlace): Promise<Connection> {
  const refuse = (key: string, what: string, cause?: unknown) => fault("config-invalid", { where, key, what }, cause);
  const ajv = createAjv();
  if (!ajv.validate(KafkaSettings, values)) {
    const { field, what } = sayInvalid(ajv.errors![0]!, Object.keys(KafkaSettings.properties));
    throw refuse(field || "it", what);
  }
  const given = values as KafkaSettings;
  for (const [at, broker] of given.brokers.entries()) {
    const port = Number(ADDRESS.exec(broker)?.[1] ?? 0);
    if (port < 1 || port > 65_535) throw refuse(`brokers.${at}`, `is ${JSON.stringify(broker)}, no host:port`);
  }
  const read = async (key: "tlsCa" | "tlsCert" | "tlsKey" | "saslPasswordFile"): Promise<string | undefined> => {
    const path = given[key];
    if (path === undefined) return undefined;
    const text = await readFile(path).catch((e) => {
      throw refuse(key, `names ${path}, which cannot be read: ${sayError(e)}`, e);
    });
    if (text.trim() === "") throw refuse(key, `names ${path}, which is empty`);
    return text;
  };
  const needs = (key: keyof KafkaSettings, other: keyof KafkaSettings) => {
    if (given[key] !== undefined && given[other] === undefined) throw refuse(other, `is missing, ${key} needs it`);
  };
  needs("tlsCert", "tlsKey");
  needs("tlsKey", "tlsCert");
  needs("saslMechanism", "saslUser");
  needs("saslUser", "saslPasswordFile");
  needs("saslPasswordFile", "saslMechanism");
  const ssl = {
    ca: await pem("tlsCa"),
    cert: await pem("tlsCert"),
    key: await pem("tlsKey"),
    servername: given.tlsServerName,
  };
  const asked = Object.entries(ssl).filter(([, value]) => value !== undefined);
  if (asked.length > 0 && given.tls === false) throw refuse("tls", "is false, but there are settings for it");
  const password = await read("saslPasswordFile");
  return {
    brokers: given.brokers,
    clientId: given.clientId ?? "roundsman",
    ...(asked.length > 0 || given.tls === true
      ? { ssl: { ...Object.fromEntries(asked), rejectUnauthorized: true } }
      : {}),
    ...(password === undefined
      ? {}
      : {
          sasl: {
            mechanism: given.saslMechanism!,
            username: given.saslUser!,
            password: password.replace(/\r?\n$/, ""),
          },
        }),
    connectTimeout: given.connectTimeout ?? 5_000,
    requestTimeout: given.requestTimeout ?? 15_000,
  };

  async function pem(key: "tlsCa" | "tlsCert" | "tlsKey"): Promise<string | undefined> {
    const text = await read(key);
    if (text !== undefined && !text.includes("-----BEGIN "))
      throw refuse(key, `names ${given[key]}, which holds no PEM`);
    return text;
  }
}
