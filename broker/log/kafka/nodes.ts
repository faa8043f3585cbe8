import Broker from "kafkajs/src/broker/index.js";
import poolBuilder from "kafkajs/src/cluster/connectionPoolBuilder.js";
import loggers from "kafkajs/src/loggers/index.js";
import socketFactory from "kafkajs/src/network/socketFactory.js";
import errors from "kafkajs/src/protocol/error.js";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import requests from "kafkajs/src/protocol/requests/index.js";
import type { Connection } from "./settings.ts";

/** What is known of one partition. */
export interface PartitionPlace {
  /** The node that leads it; -1 = none at present. */
  readonly leader: number;
  readonly replicas: number;
}

export interface ClusterView {
  readonly nodes: number;
  readonly controller: number;
  /** Topics that are there, their partitions by number. */
  readonly topics: ReadonlyMap<string, readonly PartitionPlace[]>;
  /** Topics of which this user is not told. */
  readonly refused: ReadonlyMap<string, Error>;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface RawMetadata {
  readonly brokers: readonly (Address & { readonly nodeId: number })[];
  readonly controllerId: number;
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly { partitionId: number; leader: number; replicas: readonly number[] }[];
  }[];
}

/** One request of a kind that kafkajs knows; `parse` false = errors of single parts are the caller's to read. */
export interface Call {
  readonly api: string;
  readonly arguments: object;
  readonly parse?: false;
}

/** A request whose bytes we write and read ourselves. */
export interface RawCall<T> {
  readonly api: string;
  readonly version: number;
  readonly body: unknown;
  readonly decode: (payload: Buffer) => T;
}

const silent = () => loggers.createLogger({ level: 0, logCreator: () => () => undefined });
const seedOf = (address: string): Address => {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) };
};

/** Connections to the nodes of one Kafka, by id, as kafkajs makes them. Nothing is retried here. */
export class Nodes {
  readonly #connection: Connection;
  readonly #brokers = new Map<string, Broker>();
  readonly #addresses = new Map<number, Address>();
  readonly #logger = silent();
  readonly #opening = new WeakMap<object, Promise<unknown>>();
  #seed = 0;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends to the node with that id, or to any. */
  async call<T>(node: number | undefined, { api, arguments: given, parse }: Call): Promise<T> {
    const broker = await this.#to(node);
    // kafkajs gives requests that a broker may keep for long, such as JoinGroup, a time limit of their own.
    const { response, ...call } = broker.lookupRequest(apiKeys[api]!, requests.requests[api])(given);
    const answer = parse === false ? { decode: response.decode, parse: async (data: unknown) => data } : response;
    return this.#send(broker, node, { ...call, response: answer });
  }

  async raw<T>(node: number, { api, version, body, decode }: RawCall<T>): Promise<T> {
    const request = { apiKey: apiKeys[api]!, apiVersion: version, apiName: api, encode: async () => body };
    const broker = await this.#to(node);
    return this.#send(broker, node, {
      request,
      response: { decode: async (payload: Buffer) => ({ answer: decode(payload) }), parse: async (d: any) => d.answer },
    });
  }

  /** Asks who leads what. A topic that is not there is left out; a partition without a leader is no error. */
  async view(topics: readonly string[]): Promise<ClusterView> {
    const raw = await this.call<RawMetadata>(undefined, {
      api: "Metadata",
      arguments: { topics, allowAutoTopicCreation: false },
      parse: false,
    });
    for (const { nodeId, host, port } of raw.brokers) this.#addresses.set(nodeId, { host, port });
    const found = new Map<string, PartitionPlace[]>();
    const refused = new Map<string, Error>();
    for (const { topicErrorCode, topic, partitionMetadata } of raw.topicMetadata) {
      if (topicErrorCode !== 0 && !MISSING.has(topicErrorCode))
        refused.set(topic, errors.createErrorFromCode(topicErrorCode));
      const places: PartitionPlace[] = [];
      for (const { partitionId, leader, replicas } of partitionMetadata) {
        places[partitionId] = { leader, replicas: replicas.length };
      }
      if (places.length > 0) found.set(topic, places);
    }
    return { nodes: raw.brokers.length, controller: raw.controllerId, topics: found, refused };
  }

  /**
   * Cuts the connection, also one on which an answer is awaited: a request that was not read by then never will be, so it
   * cannot take effect after the one that follows it on another connection.
   */
  async drop(node: number): Promise<void> {
    const address = this.#addresses.get(node);
    if (address !== undefined) await this.#cut(keyOf(address));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#brokers.keys()].map((key) => this.#cut(key)));
  }

  async #send<T>(
    broker: Broker,
    node: number | undefined,
    call: { request: { readonly apiKey: number }; response: unknown; requestTimeout?: number },
  ): Promise<T> {
    try {
      await this.#line(broker, call.request.apiKey);
      return await broker.connectionPool.send(call);
    } catch (e) {
      if (isConnectionTrouble(e)) {
        if (node !== undefined) await this.drop(node);
        else await this.#cutOff(broker);
      }
      throw e;
    }
  }

  /** kafkajs keeps one line for fetches and one for all else, and opens one twice for two who need it at once. */
  async #line({ connectionPool: { pool } }: Broker, apiKey: number): Promise<void> {
    const line = pool[apiKey === apiKeys.Fetch ? 1 : 0]!;
    if (line.isConnected()) return;
    let opening = this.#opening.get(line);
    if (opening === undefined) {
      opening = line.connect().finally(() => this.#opening.delete(line));
      this.#opening.set(line, opening);
    }
    await opening;
  }

  async #to(node: number | undefined): Promise<Broker> {
    if (node === undefined) return this.#any();
    const address = this.#addresses.get(node);
    if (address === undefined) throw new Error(`node ${node} is not known`);
    return this.#connected(address);
  }

  async #any(): Promise<Broker> {
    for (const broker of this.#brokers.values()) if (broker.isConnected()) return broker;
    const seeds = this.#connection.brokers.map(seedOf);
    const known = [...this.#addresses.values()];
    // Others first each time, or one that is silent would be asked for ever.
    this.#seed += 1;
    const all = [...new Map([...known, ...seeds].map((one) => [keyOf(one), one])).values()];
    let last: unknown;
    for (let n = 0; n < all.length; n++) {
      try {
        return await this.#connected(all[(n + this.#seed) % all.length]!);
      } catch (e) {
        last = e;
      }
    }
    throw last;
  }

  async #connected(address: Address): Promise<Broker> {
    if (this.#closed) throw new Error("the log is closed");
    const key = keyOf(address);
    let broker = this.#brokers.get(key);
    if (broker === undefined) {
      broker = new Broker({
        connectionPool: await this.#pool(address),
        logger: this.#logger,
        allowAutoTopicCreation: false,
        authenticationTimeout: this.#connection.requestTimeout,
      });
      // Another may have been made while the pool was built.
      broker = this.#brokers.get(key) ?? broker;
      this.#brokers.set(key, broker);
    }
    if (!broker.isConnected()) {
      try {
        await broker.connect();
      } catch (e) {
        await this.#cutOff(broker);
        throw e;
      }
    }
    return broker;
  }

  #pool(address: Address): Promise<unknown> {
    const { ssl, sasl, clientId, brokers, requestTimeout, connectTimeout } = this.#connection;
    return poolBuilder({
      logger: this.#logger,
      socketFactory: socketFactory(),
      brokers: [...brokers],
      ssl,
      sasl,
      clientId,
      connectionTimeout: connectTimeout,
      requestTimeout,
      enforceRequestTimeout: true,
      maxInFlightRequests: null,
      reauthenticationThreshold: 10_000,
    }).build(address);
  }

  async #cutOff(broker: Broker): Promise<void> {
    for (const [key, one] of this.#brokers) if (one === broker) await this.#cut(key);
  }

  async #cut(key: string): Promise<void> {
    const broker = this.#brokers.get(key);
    this.#brokers.delete(key);
    for (const connection of broker?.connectionPool.pool ?? []) {
      connection.rejectRequests(new Error("the connection was cut"));
      connection.socket?.destroy();
      await connection.disconnect();
    }
  }
}

const keyOf = ({ host, port }: Address): string => `${host}:${port}`;

/** UNKNOWN_TOPIC_OR_PARTITION; LEADER_NOT_AVAILABLE, which a topic has while it is being made. */
const MISSING = new Set([3, 5]);

const TROUBLE = new Set([
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
  "KafkaJSRequestTimeoutError",
  "KafkaJSLockTimeout",
]);

const isConnectionTrouble = (e: unknown): boolean => e instanceof Error && TROUBLE.has(e.name);
