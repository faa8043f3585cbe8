import {
  createServer as createPlain,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createSecure, type Server as SecureServer } from "node:https";
import { type FastifyInstance, fastify } from "fastify";
import { fault, isFault } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import { askCaller } from "./ask-caller.ts";
import type { Callers } from "./callers.ts";
import { renewTls, type ServedTls, secured } from "./tls.ts";

export interface ServerOptions {
  /** Bytes a body may have. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Where it will listen. Default 127.0.0.1. On an address that is not loopback callers must be known. */
  readonly address?: string;
  /** On loopback it answers only to who names one of these: what a browser was lured to does not reach it. */
  readonly hosts?: readonly string[];
  /** Where there are some, only they are answered. */
  readonly callers?: Callers | undefined;
  /** With it https:// is spoken, and nothing else. */
  readonly tls?: ServedTls | undefined;
  /** Sees each request first; true = it answers this one itself, whatever that is. For routes too hot for Fastify. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => boolean;
  readonly failed: (e: Error, path: string) => void;
}

/** ms that a connection may rest: longer than clients keep theirs, so that none is closed under a request. */
const KEEP_ALIVE = 72_000;

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
const isLoopback = (address: string) =>
  address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
const hostOf = (header: string | undefined) => (header ?? "").toLowerCase().replace(/:\d{1,5}$/, "");

type Known = Pick<ServerOptions, "address" | "hosts">;

/** Why a request is not answered; undefined where its `Host` is one of this server's. */
export function hostFault({ address = "127.0.0.1", hosts = LOOPBACK }: Known, header: string | undefined) {
  if (!isLoopback(address) || hosts.includes(hostOf(header))) return undefined;
  return fault("host-refused", { host: hostOf(header), known: hosts.join(" or ") });
}

/** What a caller is told of an error: what went wrong inside is for the log, not for callers. */
export function tellError(e: Error & { statusCode?: number; validation?: unknown }) {
  if (isFault(e)) return { status: e.status, code: e.code, message: e.message };
  const status = e.statusCode ?? 500;
  if (status >= 500) return { status, code: "internal", message: "Something went wrong inside; the log has it." };
  return { status, code: e.validation ? "request-invalid" : "request-refused", message: e.message };
}

/**
 * The one way an HTTP server is made: schemas judge and never repair, JSON goes through the one parser, and nobody is
 * answered on another address than loopback who is not known. Throws `config-invalid` where nobody could be.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { bodyLimit = 1 << 20, address = "127.0.0.1", callers, tls, before, failed } = options;
  if (!callers && !isLoopback(address))
    throw fault("config-invalid", {
      where: "The address",
      key: address,
      what: "is not loopback, so callers must be known: name a file of callers, or listen on 127.0.0.1",
    });
  const app = fastify({
    serverFactory: (handler) => {
      const answer: RequestListener = before
        ? (request, response) => void (before(request, response) || handler(request, response))
        : handler;
      const server = tls ? createSecure(secured(tls.now), answer) : createPlain(answer);
      server.keepAliveTimeout = KEEP_ALIVE;
      return server;
    },
    bodyLimit,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 500 },
    // Schemas are our own: checking them against the meta-schema costs more than all else here.
    ajv: {
      customOptions: {
        meta: false,
        validateSchema: false,
        removeAdditional: false,
        coerceTypes: false,
        useDefaults: false,
        allErrors: false,
      },
    },
  });
  if (tls) {
    const stop = renewTls(app.server as unknown as SecureServer, tls);
    app.addHook("onClose", async () => stop());
  }
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => {
    try {
      done(null, parseJson(body as string, { where: "The body" }));
    } catch (e) {
      done(e as Error);
    }
  });
  app.addHook("onRequest", async (request) => {
    const refused = hostFault(options, request.headers.host);
    if (refused) throw refused;
  });
  askCaller(app, callers);
  app.setErrorHandler((e: Error, request, reply) => {
    const { status, code, message } = tellError(e);
    if (status >= 500) failed(e, request.url);
    return reply.code(status).send({ error: { code, message } });
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: { code: "not-found", message: `There is no ${request.method} ${request.url.split("?")[0]}.` } }),
  );
  return app;
}
