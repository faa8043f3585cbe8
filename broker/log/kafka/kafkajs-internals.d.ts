/** What of kafkajs's own modules `wire.ts` and the codecs stand on. kafkajs is pinned exactly: these are no public names. */
declare module "kafkajs/src/broker/index.js" {
  export default class Broker {
    constructor(options: {
      connectionPool: unknown;
      logger: unknown;
      nodeId?: number;
      allowAutoTopicCreation?: boolean;
      authenticationTimeout?: number;
    });
    readonly connectionPool: {
      send(call: { request: unknown; response: unknown; requestTimeout?: number }): Promise<any>;
      readonly pool: readonly {
        readonly socket?: { destroy(): void };
        isConnected(): boolean;
        connect(): Promise<unknown>;
        rejectRequests(error: Error): void;
        disconnect(): Promise<unknown>;
      }[];
    };
    lookupRequest(
      key: number,
      definition: unknown,
    ): (arguments_: object) => { request: any; response: any; requestTimeout?: number };
    isConnected(): boolean;
    connect(): Promise<void>;
  }
}
declare module "kafkajs/src/cluster/connectionPoolBuilder.js" {
  const builder: (options: object) => { build(to?: { host: string; port: number }): Promise<unknown> };
  export default builder;
}
declare module "kafkajs/src/network/socketFactory.js" {
  const factory: () => unknown;
  export default factory;
}
declare module "kafkajs/src/loggers/index.js" {
  export function createLogger(options: {
    level: number;
    logCreator: (level: number) => (entry: object) => void;
  }): unknown;
  const loggers: { createLogger: typeof createLogger };
  export default loggers;
}
declare module "kafkajs/src/protocol/requests/index.js" {
  const requests: { requests: Record<string, { protocol(of: { version: number }): (arguments_: object) => any }> };
  export default requests;
}
declare module "kafkajs/src/protocol/requests/apiKeys.js" {
  const keys: Record<string, number>;
  export default keys;
}
declare module "kafkajs/src/protocol/encoder.js" {
  export default class Encoder {
    constructor(initialSize?: number);
    writeBuffer(bytes: Buffer): Encoder;
  }
}
declare module "kafkajs/src/protocol/error.js" {
  const errors: { createErrorFromCode(code: number): Error & { type?: string; retriable?: boolean } };
  export default errors;
}
declare module "kafkajs/src/protocol/recordBatch/crc32C/index.js" {
  const crc32C: (bytes: Uint8Array) => number;
  export default crc32C;
}
declare module "kafkajs/src/consumer/assignerProtocol.js" {
  const protocol: {
    MemberMetadata: {
      encode(of: { version: number; topics: readonly string[]; userData: Buffer }): Buffer;
      decode(bytes: Buffer): { topics: string[]; userData: Buffer | null };
    };
    MemberAssignment: {
      encode(of: {
        version: number;
        assignment: Readonly<Record<string, readonly number[]>>;
        userData: Buffer;
      }): Buffer;
      decode(bytes: Buffer): { assignment: Record<string, number[]> } | null;
    };
  };
  export default protocol;
}
