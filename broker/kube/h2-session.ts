/** One HTTP/2 session: its streams are counted, it is proved alive while in use, and it says why it ended. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import { fault, type RoundsmanError } from "#sdk/errors.ts";
import { onAbort } from "./abort.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { type Carrier, interrupted, type OpenRequest, type Reply, type TransportOptions } from "./transport.ts";
import { unreachable } from "./unreachable.ts";

/** Streams that no watch takes, so that lists, GETs and the heartbeat always find one. */
const KEPT_FREE = 10;
/** Where the server sets no limit: what is lost with one connection should stay small. */
const MOST_STREAMS = 250;
/** Bytes in flight per stream and per session. The default of 64 KB costs a round trip each. */
const STREAM_WINDOW = 4 << 20;
const SESSION_WINDOW = 64 << 20;
/** MB that node may hold for one session; its default of 10 refuses streams when many are slow to be read. */
const SESSION_MEMORY = 512;

export class H2Session implements Carrier {
  readonly protocol = "h2";
  #retired = false;
  #open = 0;
  #limit: number;
  /** Why streams break off, once they do. */
  #failure: RoundsmanError | undefined;
  #brokenOff = false;
  #headers: Readonly<Record<string, string>> = {};
  #unused: NodeJS.Timeout | undefined;
  readonly #lasting = new Set<ClientHttp2Stream>();
  readonly #listeners = new Set<(sentAt: number) => void>();
  readonly #session: ClientHttp2Session;
  readonly #options: TransportOptions;

  /** Resolves when the server has sent its settings: its limit of streams is then known. */
  static async start(socket: Socket, options: TransportOptions): Promise<H2Session> {
    const session = connect(options.server, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
      maxSessionMemory: SESSION_MEMORY,
    });
    await new Promise<void>((done, fail) => {
      const failed = (e: Error) => fail(unreachable(options.server, e));
      const late = () => session.destroy(Object.assign(new Error("no HTTP/2 settings came"), { code: "ETIMEDOUT" }));
      const timer = setTimeout(late, options.timeouts.connect);
      session.once("remoteSettings", () => {
        session.off("error", failed);
        clearTimeout(timer);
        done();
      });
      session.once("error", failed);
      session.once("close", () => {
        clearTimeout(timer);
        failed(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }));
      });
    });
    return new H2Session(session, options);
  }

  private constructor(session: ClientHttp2Session, options: TransportOptions) {
    this.#session = session;
    this.#options = options;
    session.setLocalWindowSize(SESSION_WINDOW);
    const limit = () => Math.min(session.remoteSettings.maxConcurrentStreams ?? MOST_STREAMS, MOST_STREAMS);
    this.#limit = limit();
    session.on("remoteSettings", () => {
      this.#limit = limit();
    });
    session.on("error", (e) => {
      this.#failure ??= interrupted(options.server, e);
    });
    session.on("goaway", () => {
      // Its watches could no longer be proved alive, for that takes a new stream; what is short may end in peace.
      this.#retired = true;
      this.#failure ??= interrupted(options.server, new Error("the server asks to connect anew (GOAWAY)"));
      for (const stream of this.#lasting) cancel(stream);
    });
    const stop = startHeartbeat({
      ...options,
      inUse: () => this.#open > 0,
      ask: () => this.#ask(),
      alive: (sentAt) => {
        for (const listener of this.#listeners) listener(sentAt);
      },
      dead: () => {
        const { server, timeouts } = options;
        options.log?.warn({ server, streams: this.#open }, "the API server leaves a GET unanswered: connection closed");
        this.end(
          fault("kube-interrupted", { server, what: `a GET was left unanswered for ${timeouts.heartbeatAnswer} ms` }),
        );
      },
    });
    session.on("close", stop);
    this.#restWhenUnused();
  }

  get usable(): boolean {
    return !this.#retired && !this.#session.closed && !this.#session.destroyed;
  }

  get ended(): boolean {
    return this.#session.destroyed;
  }

  /** Takes no new streams, and is closed after the last one: its credentials were replaced. */
  retire(): void {
    this.#retired = true;
    if (this.#open === 0) this.#closeSoon();
  }

  /** Whether a stream may be opened: a watch leaves {@link KEPT_FREE}, whatever else leaves one for the heartbeat. */
  hasRoom(lasting: boolean): boolean {
    // A server with a very small limit gives half of it.
    const free = lasting ? Math.min(KEPT_FREE, Math.ceil(this.#limit / 2)) : 1;
    return this.usable && this.#open < Math.max(1, this.#limit - free);
  }

  onProof(listener: (sentAt: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a stream at once; the reply comes later. Rejects with `kube-interrupted` or the signal's reason. */
  request({ method, path, headers, body, credentials, lasting, signal }: OpenRequest): Promise<Reply> {
    this.#headers = credentials.headers;
    return new Promise((done, fail) => {
      const stream = this.#stream({ ...headers, ...credentials.headers, ":method": method, ":path": path }, body);
      if (lasting) this.#lasting.add(stream);
      const timer = setTimeout(() => {
        failed(`no answer to ${method} ${path} within ${this.#options.timeouts.response} ms`);
        cancel(stream);
      }, this.#options.timeouts.response);
      let error: Error | undefined;
      const failed = (what: string) =>
        fail(this.#failure ?? interrupted(this.#options.server, error ?? new Error(what)));
      const unlisten = onAbort(signal, () => {
        fail(signal?.reason);
        cancel(stream);
      });
      stream.on("error", (e) => {
        error = e;
      });
      stream.on("close", () => {
        clearTimeout(timer);
        unlisten();
        this.#lasting.delete(stream);
        failed("the stream was closed");
      });
      stream.on("response", (received) => {
        clearTimeout(timer);
        done({
          status: Number(received[":status"]),
          headers: received,
          body: stream,
          carrier: this,
          broken: () => {
            const whole = stream.readableEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR;
            if (whole && error === undefined && !this.#brokenOff) return undefined;
            return this.#failure ?? interrupted(this.#options.server, error ?? new Error("the stream was reset"));
          },
          cancel: () => cancel(stream),
        });
      });
    });
  }

  /** Breaks off all streams, telling them why. */
  end(why: RoundsmanError): void {
    this.#failure ??= why;
    this.#brokenOff = true; // node lets the streams end as if all were well
    this.#retired = true;
    // Not at once: to destroy it while node is in the midst of what came for it corrupts node's heap (measured on 20.20.2;
    // nodejs/node 64113 and 64850 are of the kind).
    setImmediate(() => this.#session.destroy());
  }

  /** One stream, counted until it is closed. */
  #stream(headers: Record<string, string>, body?: string): ClientHttp2Stream {
    const stream = this.#session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    this.#open += 1;
    clearTimeout(this.#unused);
    stream.on("close", () => {
      this.#open -= 1;
      if (this.#open === 0) this.#restWhenUnused();
    });
    return stream;
  }

  #restWhenUnused(): void {
    if (this.#retired) this.#closeSoon();
    else this.#unused = setTimeout(() => this.#session.close(), this.#options.timeouts.idle).unref();
  }

  /** Not at once, for the reason given in `end`. */
  #closeSoon(): void {
    setImmediate(() => this.#session.close());
  }

  #ask(): Promise<number> {
    return new Promise((done, fail) => {
      const stream = this.#session.request({ ...this.#headers, ":path": "/version" });
      stream.on("response", (headers) => done(Number(headers[":status"])));
      stream.on("error", fail);
      stream.on("close", () => fail(new Error("closed")));
      stream.resume();
    });
  }
}

/** Tells the server to stop, and drops what has come. Not at once, for the reason given in `end`. */
function cancel(stream: ClientHttp2Stream): void {
  setImmediate(() => {
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
    stream.destroy();
  });
}
