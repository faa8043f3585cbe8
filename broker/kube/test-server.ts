/** For tests: an API server of a few lines over HTTP/1.1 or, without TLS, HTTP/2; and clients of it. */
import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { isFault, type RoundsmanError } from "#sdk/errors.ts";
import { type Access, plainAccess } from "./access.ts";
import { type ConnectOptions, connect, type KubeClient } from "./client.ts";
import type { TlsOptions } from "./credentials.ts";
import { dialer, type Protocol } from "./dial.ts";

/** The HTTP/2 server's compatible API looks the same. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestServer {
  readonly url: string;
  readonly protocol: Protocol;
  /** Connections so far, and those that stand. */
  readonly sockets: Socket[];
  readonly sessions: ServerHttp2Session[];
  /** Streams per HTTP/2 session: those open now, and the most there ever were. */
  readonly streams: { now: number; most: number }[];
  stop(): Promise<void>;
}

export async function serve(
  protocol: Protocol,
  handler: Handler,
  maxConcurrentStreams = 100,
  listenOn = 0,
): Promise<TestServer> {
  const sockets: Socket[] = [];
  const sessions: ServerHttp2Session[] = [];
  const streams: { now: number; most: number }[] = [];
  let server: Server;
  if (protocol === "h2") {
    const http2 = createHttp2({ settings: { maxConcurrentStreams } }, handler as never);
    http2.on("session", (session) => {
      sessions.push(session);
      const count = { now: 0, most: 0 };
      streams.push(count);
      session.on("stream", (stream) => {
        count.now += 1;
        count.most = Math.max(count.most, count.now);
        stream.on("close", () => {
          count.now -= 1;
        });
        stream.on("error", () => undefined); // the client may go at any time
      });
    });
    server = http2;
  } else {
    server = createHttp1(handler);
  }
  server.on("connection", (socket: Socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((done) => server.listen(listenOn, "127.0.0.1", done));
  const stop = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.resetAndDestroy();
    });
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, protocol, sockets, sessions, streams, stop };
}

/** A client that is closed with the test. Heartbeats come every 20 ms unless told otherwise. */
export function clientOf(server: TestServer, options: Partial<ConnectOptions> & { access?: Access } = {}): KubeClient {
  const { access = plainAccess(server.url, "test"), timeouts, ...rest } = options;
  const dial = dialer({ server: server.url, within: timeouts?.connect ?? 10_000 });
  const client = connect(access, {
    clock: { monotonic: () => performance.now() },
    random: () => 0.5,
    timeouts: { heartbeat: 20, heartbeatAnswer: 10_000, ...timeouts },
    ...(server.protocol === "h2" && {
      // HTTP/2 without TLS, as nobody offers it: so what is known is not negotiated.
      dial: async (tls: TlsOptions) => ({ ...(await dial(tls, [])), protocol: "h2" }),
    }),
    ...rest,
  });
  onTestFinished(() => client.close());
  return client;
}

/** Answers /version, so that heartbeats live, and leaves the rest to `handler`. */
export const withVersion =
  (handler: Handler): Handler =>
  (request, response) =>
    request.url === "/version"
      ? json(response, { major: "1", minor: "34+", gitVersion: "v1.34.4-test" })
      : handler(request, response);

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

export const statusObject = (code: number, reason: string, message: string) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  reason,
  message,
  code,
});

/** The error of the catalogue that this rejects with. */
export async function faultOf(promise: Promise<unknown>): Promise<RoundsmanError> {
  try {
    await promise;
  } catch (e) {
    if (isFault(e)) return e;
    throw e;
  }
  throw new Error("it did not fail");
}

/** Resolves as soon as the condition holds; tests time out otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 2));
}
