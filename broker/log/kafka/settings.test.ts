import { describe, expect, it } from "vitest";
import { kafkaConnection } from "./settings.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
const FILES: Readonly<Record<string, string>> = {
  "/ca": PEM,
  "/cert": PEM,
  "/key": PEM,
  "/password": "s3 cret \n",
  "/empty": " \n",
  "/text": "x",
};
const place = {
  where: "kafka.yaml",
  async readFile(path: string) {
    if (!Object.hasOwn(FILES, path)) throw new Error(`ENOENT: ${path}`);
    return FILES[path]!;
  },
};
const brokers = ["kafka-0.kafka:9092", "[::1]:9093"];

describe("how Kafka is reached", () => {
  it("is plain where nothing else is said", async () => {
    expect(await kafkaConnection({ brokers }, place)).toEqual({
      brokers,
      clientId: "roundsman",
      connectTimeout: 5_000,
      requestTimeout: 15_000,
    });
  });

  it("takes certificates and passwords from files", async () => {
    const sasl = { saslMechanism: "scram-sha-512", saslUser: "me", saslPasswordFile: "/password" };
    const tls = { tlsCa: "/ca", tlsCert: "/cert", tlsKey: "/key", tlsServerName: "kafka" };
    expect(await kafkaConnection({ brokers, ...tls, ...sasl }, place)).toMatchObject({
      ssl: { ca: PEM, cert: PEM, key: PEM, servername: "kafka", rejectUnauthorized: true },
      sasl: { mechanism: "scram-sha-512", username: "me", password: "s3 cret " },
    });
    expect((await kafkaConnection({ brokers, tls: true }, place)).ssl).toEqual({ rejectUnauthorized: true });
  });

  it.each([
    ["it", "must be object", 5],
    ["brokers", "is missing", {}],
    ["brokers", "must NOT have fewer than 1 items", { brokers: [] }],
    ["brokers.1", 'is "kafka", no host:port', { brokers: ["a:1", "kafka"] }],
    ["brokers.0", 'is "a:0", no host:port', { brokers: ["a:0"] }],
    ["brokers.0", 'is "a:70000", no host:port', { brokers: ["a:70000"] }],
    ["brokers.0", 'is "http://a:9092", no host:port', { brokers: ["http://a:9092"] }],
    ["clientID", 'is not known; did you mean "clientId"?', { brokers, clientID: "x" }],
    ["tlsCa", "names /none, which cannot be read: ENOENT: /none", { brokers, tlsCa: "/none" }],
    ["tlsCa", "names /empty, which is empty", { brokers, tlsCa: "/empty" }],
    ["tlsCa", "names /text, which holds no PEM", { brokers, tlsCa: "/text" }],
    ["tlsKey", "is missing, tlsCert needs it", { brokers, tlsCert: "/cert" }],
    ["tlsCert", "is missing, tlsKey needs it", { brokers, tlsKey: "/key" }],
    ["tls", "is false, but there are settings for it", { brokers, tls: false, tlsCa: "/ca" }],
    ["saslMechanism", "must be one of plain, scram-sha-256, scram-sha-512", { brokers, saslMechanism: "gssapi" }],
    ["saslUser", "is missing, saslMechanism needs it", { brokers, saslMechanism: "plain" }],
    ["saslPasswordFile", "is missing, saslUser needs it", { brokers, saslMechanism: "plain", saslUser: "me" }],
    ["saslMechanism", "is missing, saslPasswordFile needs it", { brokers, saslPasswordFile: "/password" }],
    ["requestTimeout", "must be >= 1000", { brokers, requestTimeout: 5 }],
  ])("refuses by its field: %s %s", async (key, what, values) => {
    await expect(kafkaConnection(values, place)).rejects.toMatchObject({
      code: "config-invalid",
      details: { where: "kafka.yaml", key, what },
    });
  });
});
