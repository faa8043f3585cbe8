/** HTTP/1.1: a connection per watch, kept-alive ones for the rest. For plain http and for what stands before a server. */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { fault, isFault, type RoundsmanError } from "#sdk/errors.ts";
import { onAbort } from "./abort.ts";
import type { Credentials, TlsOptions } from "./credentials.ts";
import type { Dial } from "./dial.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { type Carrier, interrupted, type OpenRequest, type Reply, type TransportOptions } from "./transport.ts";

const STALE = Symbol("stale");
const RESET = /^(ECONNRESET|EPIPE)$/;

/**
 * All connections to one server. A GET on one of them proves the server alive, not another connection: for that the
 * kernel's keep-alive stands (see `dial`), and watches are opened anew more often.
 */
export class Http1 implements Carrier {
  readonly protocol = "http/1.1";
  #agent: DialAgent | undefined;
  #credentials: Credentials | undefined;
  readonly #open = new Set<ClientRequest>();
  readonly #listeners = new Set<(sentAt: number) => void>();
  readonly #options: TransportOptions & { readonly dial: Dial };
  readonly #stopHeartbeat: () => void;
  #spare: Socket | undefined;

  /** `spare`: the connection by which it was found that the server speaks no HTTP/2. */
  constructor(options: TransportOptions & { readonly dial: Dial }, spare: Socket) {
    this.#options = options;
    this.#spare = spare;
    this.#stopHeartbeat = startHeartbeat({
      ...options,
      inUse: () => this.#open.size > 0,
      ask: () => this.#ask(),
      alive: (sentAt) => {
        for (const listener of this.#listeners) listener(sentAt);
      },
      dead: () => {
        const { server, timeouts, log } = options;
        log?.warn({ server, requests: this.#open.size }, "the API server leaves a GET unanswered: connections closed");
        const what = `a GET was left unanswered for ${timeouts.heartbeatAnswer} ms`;
        this.#breakOff(fault("kube-interrupted", { server, what }));
      },
    });
  }

  onProof(listener: (sentAt: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async request(request: OpenRequest): Promise<Reply> {
    try {
      return await this.#request(request);
    } catch (e) {
      // The server closed an idle connection in the moment that it was taken: no answer, so nothing was done.
      if (e === STALE && request.method === "GET") return this.#request(request);
      throw e === STALE ? interrupted(this.#options.server, new Error("an idle connection was closed")) : e;
    }
  }

  #request({ method, path, headers, body, credentials, signal }: OpenRequest): Promise<Reply> {
    const { server, timeouts } = this.#options;
    this.#credentials = credentials;
    return new Promise((done, fail) => {
      let error: Error | undefined;
      let isAnswered = false;
      // Of a DELETE node frames no body whose length it is not told: the next request would begin with it.
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const agent = this.#agentFor(credentials.tls);
      const ask = this.#send(method, path, { ...headers, ...length, ...credentials.headers }, agent);
      this.#open.add(ask);
      const timer = setTimeout(
        () => ask.destroy(new Error(`no answer to ${method} ${path} within ${timeouts.response} ms`)),
        timeouts.response,
      );
      const failed = () =>
        isFault(error) ? error : interrupted(server, error ?? new Error("the connection was closed"));
      const unlisten = onAbort(signal, () => {
        fail(signal?.reason);
        ask.destroy();
      });
      ask.on("error", (e) => {
        error = e;
      });
      ask.on("close", () => {
        clearTimeout(timer);
        unlisten();
        this.#open.delete(ask);
        if (isAnswered) return;
        fail(ask.reusedSocket && RESET.test(String((error as { code?: unknown })?.code)) ? STALE : failed());
      });
      ask.on("response", (response: IncomingMessage) => {
        isAnswered = true;
        clearTimeout(timer);
        response.on("error", (e) => {
          error ??= e;
        });
        done({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: response,
          carrier: this,
          broken: () => (response.complete && error === undefined ? undefined : failed()),
          cancel: () => ask.destroy(),
        });
      });
      ask.end(body);
    });
  }

  /** Breaks off all requests, telling them why. */
  end(why: RoundsmanError): void {
    this.#stopHeartbeat();
    this.#breakOff(why);
    this.#agent?.destroy();
    this.#spare?.destroy();
  }

  #breakOff(why: RoundsmanError): void {
    for (const ask of this.#open) ask.destroy(why);
  }

  #send(method: string, path: string, headers: Readonly<Record<string, string>>, agent: Agent): ClientRequest {
    const host = new URL(this.#options.server).host;
    // The agent's optional fields are typed more loosely than the request's.
    return httpRequest({ agent: agent as never, method, path, headers: { host, ...headers } });
  }

  /** Replaced credentials mean new connections. */
  #agentFor(tls: TlsOptions): DialAgent {
    if (this.#agent?.tls === tls) return this.#agent;
    this.#agent?.retire();
    const connect = async () => {
      const { socket } = this.#spare && !this.#spare.destroyed ? { socket: this.#spare } : await this.#dial(tls);
      this.#spare = undefined;
      return socket;
    };
    this.#agent = new DialAgent(tls, connect, this.#options.timeouts.idle);
    return this.#agent;
  }

  #dial(tls: TlsOptions): ReturnType<Dial> {
    return this.#options.dial(tls, ["http/1.1"]);
  }

  async #ask(): Promise<number> {
    const credentials = this.#credentials!; // what is in use was asked for with some
    const reply = await this.request({ method: "GET", path: "/version", headers: {}, credentials, lasting: false });
    reply.body.resume();
    return reply.status;
  }
}

/** Keeps connections alive between requests; makes them as it is told. */
class DialAgent extends Agent {
  readonly tls: TlsOptions;
  readonly #connect: () => Promise<Socket>;

  constructor(tls: TlsOptions, connect: () => Promise<Socket>, idle: number) {
    super({ keepAlive: true, timeout: idle, scheduling: "lifo" });
    this.tls = tls;
    this.#connect = connect;
  }

  override createConnection(_: unknown, made?: (error: Error | null, socket: Duplex) => void): undefined {
    this.#connect().then(
      (socket) => made?.(null, socket),
      (error) => made?.(error, undefined as never),
    );
  }

  /** Closes what is idle, and what is in use afterwards. */
  retire(): void {
    this.maxFreeSockets = 0;
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}
